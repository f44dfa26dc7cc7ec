"""Every problem that an op can find has a case here, and reads as it should."""

import ast
import sys
from pathlib import Path

import pytest

import dlspec.ops
from dlspec import ops

# layer | inputs | argument (none: the input) | what | help
CASES = """
Dense(3) | class[10] | none | Dense needs floating-point numbers, got class[10] | turn classes into numbers with Embedding
Dense(3) | i32[4] | none | Dense needs floating-point numbers, got i32[4] | cast(x, f32)
Dense(3) | f32[] | none | Dense needs at least one axis, got f32[] | Reshape(1)
Dense(3, axis=2) | f32[4, 5] | axis | there is no axis 2: f32[4, 5] has axes 0 to 1 | the batch axis is not counted; -1 is the last axis
Dense(3, axis=-2) | f32[4] | axis | there is no axis -2: f32[4] has only axis 0 |
Dense(3) | image f32[8, 4, 5] | axis | Dense needs axis= here: f32[8, 4, 5] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool2D before it
Conv2D(4, 3) | f32[28, 28] | none | Conv2D needs [channels, height, width], got f32[28, 28] | add the axis of channels first: Reshape(1, 28, 28)
Conv2D(4, 3) | f32[28] | none | Conv2D needs [channels, height, width], got f32[28] |
Conv1D(4, 3) | f32[3, 8, 8] | none | Conv1D needs [channels, length], got f32[3, 8, 8] | for [channels, height, width] there is Conv2D
MaxPool2D(2) | i32[3, 8, 8] | none | MaxPool2D needs floating-point numbers, got i32[3, 8, 8] | cast(x, f32)
Conv2D(4, 9, padding=1) | f32[3, 20, 5] | kernel | a kernel of 9 does not fit axis 2 of f32[3, 20, 5], which has 7 places with padding | padding=same, a smaller kernel, or fewer strides before it
Conv1D(4, 3, dilation=4) | f32[3, 8] | kernel | a window of 9 does not fit axis 1 of f32[3, 8], which has 8 places with padding | padding=same, a smaller kernel, or fewer strides before it
Conv2D(4, 3, groups=2) | f32[3, 8, 8] | groups | 2 groups do not divide the 3 input channels | a divisor of 3
Conv2D(4, 3, groups=3) | f32[3, 8, 8] | groups | 3 groups do not divide 4 channels | a divisor of 4
Conv3D(4, 3) | f32[3, 8, 8] | none | Conv3D needs [channels, depth, height, width], got f32[3, 8, 8] | add the axis of channels first: Reshape(1, 3, 8, 8)
Conv2D(4, 3) | f32[1, 5, 8, 8] | none | Conv2D needs [channels, height, width], got f32[1, 5, 8, 8] | for [channels, depth, height, width] there is Conv3D
SeparableConv1D(4, 3) | f32[3, 8, 8] | none | SeparableConv1D needs [channels, length], got f32[3, 8, 8] | for [channels, height, width] there is SeparableConv2D
ConvTranspose2D(4, 3, stride=2, padding=same, output_padding=1) | f32[3, 8, 8] | output_padding | padding=same gives stride times as many places, with no room for more | leave output_padding out
ConvTranspose2D(4, 3, stride=2, output_padding=(1, 2)) | f32[3, 8, 8] | output_padding | an output padding of 2 is no less than the stride of 2 | at most 1
Dense(3, norm=weight, init=zeros) | f32[4] | init | norm=weight divides a kernel by its length, and that of zeros is 0 | leave out init
ConvTranspose1D(4, 3, groups=2, norm=spectral) | f32[2, 4] | norm | the outputs of several groups share an axis of the kernel, so none has a norm | leave out norm or groups
ConvTranspose1D(4, 3, padding=3) | f32[3, 4] | padding | padding of 6 leaves nothing of axis 1, which would have 6 places | at most 5 at both ends together
Conv1D(4, 3, stride=2, padding=same) | f32[3, T..8] | padding | how much `same` puts before f32[3, T] would depend on T, with a stride | padding=1 is the same for every row
Split(2, axis=0) | f32[T..8, 3] | parts | the axis of f32[T, 3] has T places, which do not make 2 parts | sizes of their own are listed: Split((2, 3))
GLU(axis=0) | f32[T..8, 3] | axis | axis 0 of f32[T, 3] cannot be halved | an even number: one half is gated by the other
Reshape(8, 3) | f32[T..8, 3] | dims | f32[T, 3] has 3 * T elements, [8, 3] takes 24 | one size may be -1: it follows from the others
Reshape(-1, 2) | f32[T..8, 3] | dims | f32[T, 3] has 3 * T elements, [-1, 2] takes a multiple of 2 |
x[-3:] | f32[T..8, 3] | 0 | axis 0 of f32[T, 3] may have fewer places than that | `[a:]`, `[:-b]` and `[a:-b]` leave as many as there are
x[:, :2] | f32[3, T..8] | 1 | axis 1 of f32[3, T] may have fewer places than that | `[a:]`, `[:-b]` and `[a:-b]` leave as many as there are
x[1] | f32[T..8, 3] | 0 | axis 0 of f32[T, 3] may have fewer places than that | the first, `[0]`, and the last, `[-1]`, there always are
x[0] | f32[T - 1..8, 3] | 0 | axis 0 of f32[T - 1, 3] may have fewer places than that |
x[-1] | f32[T - 1..8, 3] | 0 | axis 0 of f32[T - 1, 3] may have fewer places than that |
max(axis=0) | f32[T - 1..8, 3] | none | max of f32[T - 1, 3], whose axis 0 may have no place | put a place in front, `(start, x) -> Concat(axis=0)`, or read the whole axis
LSTM(2) | f32[T - 1..8, 3] | none | LSTM of f32[T - 1, 3], whose axis 0 may have no place | put a place in front, `(start, x) -> Concat(axis=0)`, or read the whole axis
GRU(2, return=(all, state)) | f32[T - 1..8, 3] | none | GRU of f32[T - 1, 3], whose axis 0 may have no place | put a place in front, `(start, x) -> Concat(axis=0)`, or read the whole axis
GlobalMaxPool1D | f32[3, T - 1..8] | none | GlobalMaxPool1D of f32[3, T - 1], whose axis 1 may have no place | put a place in front, `(start, x) -> Concat(axis=0)`, or read the whole axis
x[:, -2] | f32[3, T..8] | 1 | axis 1 of f32[3, T] may have fewer places than that | the first, `[0]`, and the last, `[-1]`, there always are
x[:T] | f32[8, 3] | 0 | a dynamic size stands only in `[:T]`, and reaches to 8 |
x[T:] | f32[12, 3] | 0 | a dynamic size stands only in `[:T]`, and reaches to 12 |
x[::-2] | f32[T..8, 3] | 0 | axis 0 of f32[T, 3] has no places of its own: backwards goes all of it | `[::-1]`
add | f32[T..8, 3], f32[S..8, 3] | none | these shapes do not add | where they are equal in every example, write `T` for both in the types of the inputs
add | f32[T..8, 3], f32[8, 3] | none | these shapes do not add | sizes must be equal, or 1
Concat(axis=1) | f32[T..8, 3], f32[8, 3] | none | Concat along axis 1 needs equal sizes of axis 0, got T and 8 | axis=0 would fit
MaxPool2D(2, padding=2) | f32[3, 8, 8] | padding | padding of 2 leaves windows of 2 empty | at most 1 at each end
GlobalAvgPool2D | f32[3, 8] | none | GlobalAvgPool2D needs [channels, height, width], got f32[3, 8] | add the axis of channels first: Reshape(1, 3, 8)
GlobalAvgPool2D | f32[3, 4, 8, 8] | none | GlobalAvgPool2D needs [channels, height, width], got f32[3, 4, 8, 8] | for [channels, depth, height, width] there is GlobalAvgPool3D
AdaptiveAvgPool1D(2) | f32[3, 8, 8] | none | AdaptiveAvgPool1D needs [channels, length], got f32[3, 8, 8] | for [channels, height, width] there is AdaptiveAvgPool2D
MaxUnpool2D(2) | f32[3, 2, 4], i32[3, 4, 2] | none | MaxUnpool2D needs a place for each value of f32[3, 2, 4], got i32[3, 4, 2] | values, places = x -> MaxPool2D(2, return=(values, places))
MaxUnpool2D(2) | f32[3, 2, 4], f32[3, 2, 4] | none | MaxUnpool2D needs a place for each value of f32[3, 2, 4], got f32[3, 2, 4] | values, places = x -> MaxPool2D(2, return=(values, places))
MaxUnpool1D(2, size=6) | f32[3, 4], i32[3, 4] | size | 4 such windows of axis 1 have no 6 places | 7 to 9
MaxUnpool1D(1, padding=1) | f32[3, 2], i32[3, 2] | padding | 2 such windows of axis 1 have no 0 places | less padding, or size=
Unfold2D(3) | f32[2, 8] | none | Unfold2D needs [channels, height, width], got f32[2, 8] | add the axis of channels first: Reshape(1, 2, 8)
Fold2D(8, 3) | f32[10, 6, 6] | kernel | 10 channels make no windows of 9 numbers | a multiple of 9 channels before it
Fold2D(8, 3) | f32[18, 6, 5] | size | Unfold2D makes f32[18, 6, 6] of f32[2, 8, 8], got f32[18, 6, 5] | kernel, stride, padding and dilation are those of both
AdaptiveMaxPool2D(2) | i32[3, 8, 8] | none | AdaptiveMaxPool2D needs floating-point numbers, got i32[3, 8, 8] | cast(x, f32)
MaxPool1D(2, dilation=4, padding=2) | f32[2, 3] | dilation | places 4 apart may all lie in the padding of axis 1 of f32[2, 3], which has 3 | at most 3, or no padding
GlobalMaxPool1D | f32[3] | none | GlobalMaxPool1D needs [channels, length], got f32[3] | add the axis of channels first: Reshape(1, 3)
GlobalMaxPool1D | f32[] | none | GlobalMaxPool1D needs [channels, length], got f32[] |
Pad2D((1, 3), mode=reflect) | f32[3, 4, 3] | padding | axis 2 of f32[3, 4, 3] has no 3 places to reflect | at most 2, or mode=edge
Pad1D(3, mode=wrap) | f32[3, 2] | padding | axis 1 of f32[3, 2] has no 3 places to wrap | at most 2, or mode=edge
Pad1D(1, mode=edge, value=2) | f32[3, 2] | value | mode=edge takes no value | mode=constant does
Pad2D(1) | f32[3, 4] | none | Pad2D needs [channels, height, width], got f32[3, 4] | add the axis of channels first: Reshape(1, 3, 4)
Crop2D((0, (2, 1))) | f32[3, 4, 3] | cropping | nothing is left of axis 2 of f32[3, 4, 3], which has 3 places | at most 2 at both ends together
Pad1D(1, mode=edge) | f32[3, T..9] | none | Pad1D needs fixed sizes: axis 1 of f32[3, T] differs from batch to batch |
cumprod(axis=0) | f32[T..9, 3] | none | cumprod needs fixed sizes: axis 0 of f32[T, 3] differs from batch to batch |
AdaptiveAvgPool1D(2) | f32[3, T..9] | none | AdaptiveAvgPool1D needs fixed sizes: axis 1 of f32[3, T] differs from batch to batch |
MaxPool1D(2, ceil_mode=true) | f32[3, T..9] | none | MaxPool1D needs fixed sizes: axis 1 of f32[3, T] differs from batch to batch |
Upsample2D(2, mode=bilinear) | f32[3, 4, T..9] | none | Upsample2D needs fixed sizes: axis 2 of f32[3, 4, T] differs from batch to batch |
Upsample2D(2) | f32[3, 8] | none | Upsample2D needs [channels, height, width], got f32[3, 8] | add the axis of channels first: Reshape(1, 3, 8)
Upsample1D(2, align_corners=true) | f32[3, 8] | align_corners | the nearest place is not moved to the corners | mode=linear, or leave it out
Resize3D(2, align_corners=true) | f32[3, 8, 2, 2] | align_corners | the nearest place is not moved to the corners | mode=trilinear, or leave it out
PixelShuffle(2) | f32[6, 2, 2] | factor | 6 channels make no pixels of 4 each | a multiple of 4 channels before it
PixelShuffle(2) | f32[6, 2] | none | PixelShuffle needs [channels, height, width], got f32[6, 2] | add the axis of channels first: Reshape(1, 6, 2)
PixelUnshuffle(2) | f32[6, 2, 5] | factor | 2 does not divide axis 2 of f32[6, 2, 5] | a divisor of 5
BatchNorm | f32[4, 5] | axis | BatchNorm needs axis= here: either axis of f32[4, 5] may hold the channels | axis=0 for [channels, places], axis=1 for [places, features]
BatchNorm | f32[4, 5, 6], lengths_1=f32[] | lengths_1 | `lengths_1` is one integer for each example, got f32[] | lengths(x) has those of x
BatchNorm | f32[4, 5, 6], lengths_0=i32[] | lengths_0 | `lengths_0`: axis 0 of f32[4, 5, 6] is no axis of places |
BatchNorm | f32[4, 5, 6], lengths_3=i32[] | lengths_3 | `lengths_3`: axis 3 of f32[4, 5, 6] is no axis of places |
BatchNorm | f32[] | none | BatchNorm needs at least one axis, got f32[] |
BatchNorm(axis=1) | f32[4] | axis | there is no axis 1: f32[4] has only axis 0 | the batch axis is not counted; -1 is the last axis
BatchNorm(running_stats=false, momentum=0.2) | f32[4] | momentum | without running averages there is no momentum | running_stats=true keeps them
InstanceNorm(momentum=0.2) | f32[4, 5, 6] | momentum | without running averages there is no momentum | running_stats=true keeps them
max(keepdims=true) | f32[3], f32[3] | keepdims | max of two tensors is taken element by element, and has no axis | max(max(a, b), axis=...)
Flatten(axis=(0, 2)) | f32[3, 4, 5] | axis | axes 0, 2 of f32[3, 4, 5] are no neighbours in their order | axis=(0, 1, 2) are; Rearrange joins others
Flatten(axis=(-1, 1)) | f32[3, 4, 5] | axis | axes 2, 1 of f32[3, 4, 5] are no neighbours in their order | axis=(1, 2) are; Rearrange joins others
Flatten(axis=(1, 3)) | f32[3, 4, 5] | axis | there is no axis 3: f32[3, 4, 5] has axes 0 to 2 | the batch axis is not counted; -1 is the last axis
AvgPool2D(2, divisor=1, count_include_pad=true) | f32[3, 4, 4] | count_include_pad | with a divisor, it makes no difference what counts in the mean | leave it out
AlphaDropout(0.1, axis=0) | f32[4] | none | AlphaDropout needs channels and places, got f32[4] | AlphaDropout without axis drops single elements
GroupNorm(4) | f32[6, 3, 3] | groups | 4 groups do not divide the 6 channels of f32[6, 3, 3] | 3 does
GroupNorm(3) | f32[3] | groups | a group of one number is its own mean, so that f32[3] becomes zeros | use fewer groups
GroupNorm(2) | f32[4, 5] | axis | GroupNorm needs axis= here: either axis of f32[4, 5] may hold the channels | axis=0 for [channels, places], axis=1 for [places, features]
InstanceNorm | f32[3, 1, 1] | none | a channel of one place is its own mean, so that f32[3, 1, 1] becomes zeros | LayerNorm normalises over the channels
InstanceNorm | f32[4] | none | a channel of one place is its own mean, so that f32[4] becomes zeros | LayerNorm normalises over the channels
Dense(3, init=dirac) | f32[4] | init | dirac is for a kernel with places, got [3, 4] | identity is that of a matrix
LSTM(4, forget_bias=1, bias=false) | f32[5, 3] | forget_bias | `forget_bias` is a start of biases, and bias is false |
LSTM(4, projection=4) | f32[5, 3] | projection | `projection` is 4, of 4 units | h has fewer features than units, or leave it out
LSTM(4, projection=2) | f32[5, 3], h=f32[4], c=f32[4] | h | `h` must be f32[2], got f32[4] |
LSTM(4, forget_bias=1, bias_init=ones) | f32[5, 3] | forget_bias | `forget_bias` stands beside biases that start at 0 | leave `bias_init` out
LocalResponseNorm(5) | f32[4] | none | LocalResponseNorm needs channels and places, got f32[4] | Normalize is for one vector
LocalResponseNorm(5, alpha=-1) | f32[4, 3] | alpha | a negative `alpha` may divide by 0 |
RMSNorm | i32[4] | none | RMSNorm needs floating-point numbers, got i32[4] | cast(x, f32)
Normalize | image f32[8, 4] | axis | Normalize needs axis= here: f32[8, 4] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool1D before it
LayerNorm | image f32[8, 4] | axis | LayerNorm needs axis= here: f32[8, 4] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool1D before it
LayerNorm | f32[] | none | LayerNorm needs at least one axis, got f32[] |
LayerNorm(axis=(0, 3)) | f32[4, 5] | axis | there is no axis 3: f32[4, 5] has axes 0 to 1 |
LayerNorm(axis=(1, -1)) | f32[4, 5] | axis | the same axis of f32[4, 5] is named twice |
Softmax | image f32[8, 4, 5] | axis | Softmax needs axis= here: f32[8, 4, 5] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool2D before it
Sinusoid(5) | f32[3] | units | sines and cosines of at least two frequencies are no 5 features | an even number from 4 on
randint(5, 5) | f32[3] | high | `high` is 5, and `low` is 5 |
normal_like | i32[3] | none | normal_like needs floating-point numbers, got i32[3] | cast(x, f32)
Softmax | f32[] | none | Softmax needs at least one axis, got f32[] |
softmax | f32[] | none | softmax needs at least one axis, got f32[] |
PReLU | f32[4, 5] | axis | PReLU needs axis= here: either axis of f32[4, 5] may hold the channels | axis=0 for [channels, places], axis=1 for [places, features]
GLU | f32[5] | axis | axis 0 of f32[5] cannot be halved | an even number: one half is gated by the other
GLU | image f32[4, 6] | axis | GLU needs axis= here: f32[4, 6] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool1D before it
Maxout(3, axis=0) | f32[4, 5] | pieces | axis 0 of f32[4, 5] has no groups of 3 | a divisor of 4
log_softmax(axis=1) | f32[4] | axis | there is no axis 1: f32[4] has only axis 0 | the batch axis is not counted; -1 is the last axis
ReLU | i32[4] | none | ReLU needs floating-point numbers, got i32[4] | cast(x, f32)
SpatialDropout(0.5) | f32[4] | none | SpatialDropout needs channels and places, got f32[4] | Dropout drops single elements
SpatialDropout(0.5) | f32[4, 5] | axis | SpatialDropout needs axis= here: either axis of f32[4, 5] may hold the channels | axis=0 for [channels, places], axis=1 for [places, features]
EmbeddingBag(7, 2) | i32[] | none | EmbeddingBag needs a bag of numbers along the last axis, got i32[] | Embedding looks up one
EmbeddingBag(7, 2, padding_id=7) | i32[3] | padding_id | padding_id=7 is no row: there are 7 | 0 to 6
EmbeddingBag(7, 2) | class[9][3] | count | class[9][3] has 9 classes, and the table 7 rows | EmbeddingBag(9, 2)
EmbeddingBag(7, 2) | i32[3], weight=f32[3] | mode | `weight` scales the rows of a sum, and the mode is mean |
EmbeddingBag(7, 2, mode=sum) | i32[2, 3], weight=f32[3] | weight | `weight` must be f32[2, 3], got f32[3] |
Dropout(0.5) | i32[4] | none | Dropout needs floating-point numbers, got i32[4] | cast(x, f32)
Reshape(2, 5) | f32[3, 4] | dims | f32[3, 4] has 12 elements, [2, 5] takes 10 | one size may be -1: it follows from the others
Reshape(5, -1) | f32[3, 4] | dims | f32[3, 4] has 12 elements, [5, -1] takes a multiple of 5 |
Concat | f32[3], i32[3] | none | Concat needs one dtype, got f32 and i32 | cast(x, f32)
Concat | f32[3], f32[3, 4] | none | Concat needs inputs with the same number of axes, got f32[3] and f32[3, 4] | Flatten or Reshape the others first
Concat | class[3][4], class[5][4] | none | Concat needs inputs with the same classes, got class[3][4] and class[5][4] |
Concat | f32[], f32[] | none | Concat needs at least one axis, got f32[] | Reshape(1)
Concat | f32[3, 4], f32[3, 4] | axis | Concat needs axis= for inputs of 2 axes, such as f32[3, 4] | axis=0 joins channels, axis=-1 the last axis
Concat(axis=2) | f32[3, 4], f32[3, 4] | axis | there is no axis 2: f32[3, 4] has axes 0 to 1 | the batch axis is not counted; -1 is the last axis
Concat(axis=0) | f32[3, 4], f32[3, 5] | none | Concat along axis 0 needs equal sizes of axis 1, got 4 and 5 | axis=1 would fit
Concat(axis=0) | f32[3, 4, 2], f32[3, 5, 3] | none | Concat along axis 0 needs equal sizes of axis 1, got 4 and 5 |
Rearrange([C, H] -> [H, C]) | f32[3] | pattern | [C, H] names 2 axes, and f32[3] has 1 |
Rearrange([C] -> [C]) | f32[3, 4] | pattern | [C] names 1 axis, and f32[3, 4] has 2 |
Rearrange([a*b] -> [b, a]) | f32[6] | pattern | the sizes of `a` and `b` do not follow from axis 0 of f32[6] | give all but one: b=...
Rearrange([a*b] -> [b, a], a=4) | f32[6] | pattern | a=4 does not divide axis 0 of f32[6], which has 6 places |
Rearrange([a*b] -> [b, a], a=4, b=2) | f32[6] | pattern | axis 0 of f32[6] has 6 places, not 8 (a=4, b=2) |
Rearrange([H] -> [H], H=4) | f32[6] | pattern | axis 0 of f32[6] has 6 places, not 4 (H=4) |
Rearrange([H, 1] -> [H]) | f32[6, 3] | pattern | axis 1 of f32[6, 3] has 3 places, not 1 |
Embedding(10, 4) | f32[3] | none | Embedding looks up integers or classes, got f32[3] | numbers that are no ids go through Dense
Embedding(10, 4) | class[12] | count | class[12] has 12 classes, and the table 10 rows | Embedding(12, 4)
Embedding(10, 4, padding_id=10) | i32[3] | padding_id | padding_id=10 is no row: there are 10 | 0 to 9
Attention(2) | i32[5, 4], i32[5, 4], i32[5, 4] | none | Attention needs floating-point numbers, got i32[5, 4] | cast(x, f32)
Attention(2) | f32[4], f32[5, 4], f32[5, 4] | none | Attention needs [places, features], got f32[4] for q |
Attention(2) | f32[5, 4], f32[2, 3, 4], f32[6, 4] | none | Attention needs [places, features], got f32[2, 3, 4] for k | join the places first: Rearrange([H, W, D] -> [H*W, D])
Attention(2) | f32[5, 4], f32[5, 4], image f32[5, 4] | none | Attention needs [places, features]: f32[5, 4] comes straight from convolution or pooling | swap the axes first: Rearrange([C, L] -> [L, C])
Attention(6, kv_heads=4) | f32[5, 12], f32[5, 8], f32[5, 8] | kv_heads | 6 heads cannot share 4 of k and v: heads is no multiple |
Attention(3) | f32[5, 4], f32[5, 4], f32[5, 4] | heads | the features of q, f32[5, 4], do not make 3 heads |
Attention(4, kv_heads=2) | f32[5, 12], f32[5, 6], f32[5, 5] | kv_heads | the features of v, f32[5, 5], do not make 2 heads |
Attention(2) | f32[5, T..4], f32[5, 4], f32[5, 4] | heads | the features of q, f32[5, T], do not make 2 heads |
Attention(2) | f32[5, 4], f32[5, 6], f32[5, 6] | none | q has 2 features in each head, and k 3: f32[5, 4] and f32[5, 6] | k needs 4 features
Attention(2) | f32[5, 4], f32[6, 4], f32[5, 4] | none | k and v must have the same places, got f32[6, 4] and f32[5, 4] |
Attention(2, causal=true) | f32[5, 4], f32[6, 4], f32[6, 4] | causal | with causal=, q and k must have the same places, got f32[5, 4] and f32[6, 4] |
Attention(2, window=2) | f32[T..5, 4], f32[S..5, 4], f32[S..5, 4] | window | with window=, q and k must have the same places, got f32[T, 4] and f32[S, 4] |
Attention(2) | f32[5, 4], f32[6, 4], f32[6, 4], mask=f32[5, 6] | mask | `mask` must be bool[5, 6] or bool[2, 5, 6], got f32[5, 6] |
Attention(2) | f32[5, 4], f32[6, 4], f32[6, 4], bias=f32[3, 5, 6] | bias | `bias` must be f32[5, 6] or f32[2, 5, 6], got f32[3, 5, 6] |
MultiHeadAttention(2) | i32[5, 4] | none | MultiHeadAttention needs floating-point numbers, got i32[5, 4] | cast(x, f32)
MultiHeadAttention(2) | f32[5, 4], f32[4] | none | MultiHeadAttention needs [places, features], got f32[4] |
MultiHeadAttention(3) | f32[5, 4] | heads | the features of f32[5, 4] do not make 3 heads | features= may be any number
MultiHeadAttention(2, rotary=true) | f32[5, 6] | heads | Rotary turns pairs, and 3 features of a head are odd |
MultiHeadAttention(2, causal=true) | f32[5, 4], f32[6, 4] | causal | with causal=, q and k must have the same places, got f32[5, 4] and f32[6, 4] |
Rotary | f32[4] | none | Rotary needs [places, features], got f32[4] |
Rotary(3) | f32[5, 4] | heads | the features of f32[5, 4] do not make 3 heads |
Rotary(2) | f32[5, 6] | heads | Rotary turns pairs, and 3 features of a head are odd |
Rotary(2, features=3) | f32[5, 8] | features | Rotary turns pairs, and 3 features of a head are odd |
Rotary(2, features=6) | f32[5, 8] | features | a head of f32[5, 8] has 4 features, fewer than 6 |
Rotary | f32[5, 8], positions=i32[4] | positions | `positions` must be i32[5], got i32[4] |
Attention(2) | f32[5, 4], f32[6, 4], f32[6, 4], lengths=f32[] | lengths | `lengths` is one integer for each example, got f32[] | lengths(k) has those of k
LSTM(4) | f32[3] | none | LSTM needs [steps, features], got f32[3] | one feature for each step: Reshape(3, 1); of a recurrent layer before it all steps: `return=all`
GRU(4) | f32[5, 2, 3] | none | GRU needs [steps, features], got f32[5, 2, 3] | all features of a step on one axis: Reshape(5, 6)
GRU(4) | image f32[5, 2, 3] | none | GRU needs [steps, features], got f32[5, 2, 3] |
GRU(4) | image f32[5, 7] | none | GRU needs [steps, features]: f32[5, 7] comes straight from convolution or pooling, so that its first axis is the channels | swap the axes first: Rearrange([C, L] -> [L, C])
LSTM(4) | i32[5, 7] | none | LSTM needs floating-point numbers, got i32[5, 7] | cast(x, f32)
Experts(Dense(7), count=4) | f32[5, 7], index=i32[5, 2] | gate | Experts needs `gate`, of the experts that each token goes to | (x, index=index, gate=gate) -> Experts(Dense(8), count=4)
Experts(Dense(7), count=4) | f32[5, 7], index=f32[5, 2], gate=f32[5, 2] | index | `index` is integers, the k experts of each token on the last axis, got f32[5, 2] | scores, index = topk(logits, 2)
Experts(Dense(7), count=4) | f32[5, 7], index=class[6][5, 2], gate=f32[5, 2] | count | `index` has 6 classes, and there are 4 experts | count=6
Experts(Dense(7), count=4) | f32[5, 7], index=i32[5, 2], gate=f32[5, 4] | gate | `gate` is a number for each index, f32[5, 2], got f32[5, 4] | gate = softmax(scores), behind scores, index = topk(...)
Experts(Dense(7), count=4) | f32[5, 7], index=i32[6, 2], gate=f32[6, 2] | index | `index` is i32[6, 2], and an expert makes f32[5, 7] of its input | the axes before the last one of `index` are the first of what an expert makes
Experts(Dense(7), count=4) | f32[5, 7], index=i32[5, 5], gate=f32[5, 5] | count | each token goes to 5 of 4 experts | there are as many experts as choices, or more
LSTM(4) | f32[5, 7], h=f32[4] | h | LSTM needs both h= and c=, or neither | both start at 0 where neither is given
LSTM(4) | f32[5, 7], lengths=i32[5] | lengths | `lengths` is one integer for each example, got i32[5] | lengths(x) has those of x
LSTM(4) | f32[5, 7], h=f32[4], c=f32[7] | c | `c` must be f32[4], got f32[7] |
BiGRU(4, layers=2) | f32[5, 7], h=f32[4] | h | `h` must be f32[4, 4], got f32[4] |
add | class[3], class[3] | none | class[3] is no number to add | one_hot or Embedding turns classes into numbers
add | bool[3], f32[3] | none | bool[3] is no number to add | cast(x, f32)
subtract | f32[3], i32[3] | none | `subtract` needs one dtype, got f32 and i32 | cast(x, f32)
add | f32[3], f32[4] | none | these shapes do not add | sizes must be equal, or 1
multiply | f32[3, 4], f32[4] | none | these shapes do not multiply | give f32[4] the 2 axes of f32[3, 4]; nothing is broadcast but sizes of 1
add | image f32[64, 32, 32], image f32[128, 16, 16] | none | these shapes do not add | project the shortcut: x -> Conv2D(128, 1, stride=2)
add | image f32[64, 32, 32], image f32[128, 32, 32] | none | these shapes do not add | project the shortcut: x -> Conv2D(128, 1)
add | image f32[64, 32, 16], image f32[64, 16, 16] | none | these shapes do not add | sizes must be equal, or 1
divide | i32[3], i32[3] | none | `divide` needs floating-point numbers, got i32[3] | cast(x, f32)
power | i32[3], i32[3] | none | `power` needs floating-point numbers, got i32[3] | cast(x, f32)
negative | bool[3] | none | bool[3] is no number to negate |
exp | i32[3] | none | exp needs floating-point numbers, got i32[3] | cast(x, f32)
Transposed(Dense, 5, 3) | i32[5] | none | a transposed layer needs floating-point numbers, got i32[5] | cast(x, f32)
Transposed(Embedding, 5, 3) | f32[5, 3] | none | a transposed Embedding needs a last axis of size 5, got f32[5, 3] |
Transposed(Dense, 5, 3) | image f32[4, 5] | axis | a transposed Dense needs axis= here: f32[4, 5] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool1D before it
Split(2) | f32[] | none | Split needs at least one axis, got f32[] |
Split(2, axis=3) | f32[4, 6] | axis | there is no axis 3: f32[4, 6] has axes 0 to 1 |
Split(2) | image f32[4, 6] | axis | Split needs axis= here: f32[4, 6] comes straight from convolution or pooling | axis=0 is the channels, axis=-1 the last axis; for all of them, put Flatten or GlobalAvgPool1D before it
Split((2, 3)) | f32[4, 6] | parts | the parts are 5 together, and the axis of f32[4, 6] 6 |
Split(4) | f32[4, 6] | parts | the axis of f32[4, 6] has 6 places, which do not make 4 parts | sizes of their own are listed: Split((2, 3))
x[0] | f32[] | 0 | 1 indices for f32[], which has no axes | the batch axis is not counted
x[0, 1, none, :] | f32[3, 4] | 3 | 3 indices for f32[3, 4], which has 2 axes | the batch axis is not counted
x[..., 3] | f32[5, 3] | 1 | there is no place 3 on axis 1 of f32[5, 3] | the places are 0 to 2; -1 is the last
x[-6] | f32[5, 3] | 0 | there is no place -6 on axis 0 of f32[5, 3] | the places are 0 to 4; -1 is the last
x[none, 3:1] | f32[5, 3] | 1 | an empty slice: axis 0 of f32[5, 3] has places 0 to 4 |
x[y] | f32[5, 3], bool[5] | 0 | a mask leaves a number of places that is not known, got bool[5] | where(mask, x, 0) keeps the shape
x[y] | f32[5, 3], f32[2] | 0 | an index is an integer, got f32[2] | cast(i, i32)
x[y] | f32[], i32[2] | 0 | f32[] has no axis to index |
x[y] | f32[5, 3], class[7] | 0 | class[7] has 7 classes, and axis 0 of f32[5, 3] 5 places |
abs | bool[3] | none | abs needs numbers, got bool[3] | cast(x, f32)
sign | class[3] | none | sign needs numbers, got class[3] | one_hot or Embedding turns classes into numbers
where | f32[3], f32[3], f32[3] | none | where needs true and false first, got f32[3] | compare first, such as where(x > 0, x, 0)
where | bool[3], f32[3], i32[3] | none | where needs one dtype, got f32 and i32 | cast(x, f32)
where | bool[3], bool[3], bool[3] | none | where chooses between numbers, not between true and false | (c and a) or (not c and b)
where | bool[], class[3], class[4] | none | class[3] and class[4] are classes of different kinds |
where | bool[3], f32[4], f32[] | none | these shapes do not combine | sizes must be equal, or 1
Clip(2, 1) | f32[3] | low | low=2 is above high=1 | Clip(1, 2)
clip(0, 1) | bool[3] | none | clip needs numbers, got bool[3] | cast(x, f32)
clip(0.5, 2) | i32[3] | low | `low` of i32[3] must be a whole number, got 0.5 |
one_hot(4) | f32[3] | none | one_hot needs classes or integers, got f32[3] | cast(x, i32)
one_hot(4) | class[3] | count | class[3] has 3 classes, not 4 |
one_hot(4, axis=2) | i32[3] | axis | a new axis of i32[3] cannot be axis 2 of the result | 0 to 1, or -1 for the last
mask_padding(value=2) | f32[3, 4], f32[] | none | a length is one integer for each example, got f32[] | lengths(x) has those of x
sequence_mask(axis=2) | f32[3, 4], i32[] | axis | there is no axis 2: f32[3, 4] has axes 0 to 1 | the batch axis is not counted; -1 is the last axis
lengths(axis=1) | f32[3] | axis | there is no axis 1: f32[3] has only axis 0 | the batch axis is not counted; -1 is the last axis
stack | f32[3], i32[3] | none | stack needs one dtype, got f32 and i32 | cast(x, f32)
stack | f32[3], f32[4] | none | stack needs inputs of one type, got f32[3] and f32[4] |
stack(axis=-3) | f32[3] | axis | a new axis of f32[3] cannot be axis -3 of the result | 0 to 1, or -1 for the last
transpose((1, 0)) | f32[3] | axes | 2 axes are named, and f32[3] has 1 | the batch axis is not counted
transpose((0, 2)) | f32[3, 4] | axes | there is no axis 2: f32[3, 4] has axes 0 to 1 | the batch axis is not counted; -1 is the last axis
transpose((0, -2)) | f32[3, 4] | axes | the same axis of f32[3, 4] is named twice |
pad(1) | f32[3, 4] | axis | pad needs axis= for an input of 2 axes, such as f32[3, 4] | axis=0 is the first, axis=-1 the last
pad(1) | bool[3] | none | pad needs numbers, got bool[3] | cast(x, f32)
pad(1, axis=(0, 2)) | f32[3, 4] | axis | there is no axis 2: f32[3, 4] has axes 0 to 1 | the batch axis is not counted; -1 is the last axis
pad(1, mode=edge, value=1) | f32[3] | value | mode=edge takes no value | mode=constant does
pad(1, value=0.5) | i32[3] | value | `value` of i32[3] must be a whole number, got 0.5 |
pad((0, 3), mode=reflect) | f32[3] | width | axis 0 of f32[3] has no 3 places to reflect | at most 2, or mode=edge
pad(4, mode=wrap) | f32[3] | width | axis 0 of f32[3] has no 4 places to wrap | at most 3, or mode=edge
tril | f32[4] | none | tril needs at least two axes, got f32[4] |
triu | class[3] | none | triu needs numbers, or true and false, got class[3] | one_hot turns classes into numbers
roll(1) | f32[] | none | roll needs at least one axis, got f32[] |
roll(1, axis=1) | f32[3] | axis | there is no axis 1: f32[3] has only axis 0 | the batch axis is not counted; -1 is the last axis
argmax | bool[3] | none | argmax needs numbers, got bool[3] | cast(x, f32)
topk(4) | f32[3] | k | axis 0 of f32[3] has no 4 places | at most 3
matmul | i32[3], i32[3] | none | `@` needs floating-point numbers, got i32[3] | cast(x, f32)
matmul | f32[3], f32[] | none | `@` needs at least one axis on both sides | a * b
matmul | f32[2, 3], f32[2, 3, 4] | none | these shapes do not multiply as matrices | give f32[2, 3] the 3 axes of f32[2, 3, 4]
matmul | f32[2, 3], f32[4, 3] | none | these shapes do not multiply as matrices | the last axis of f32[2, 3] meets axis 0 of f32[4, 3]
matmul | f32[3], f32[2, 4, 5] | none | these shapes do not multiply as matrices | the last axis of f32[3] meets axis 1 of f32[2, 4, 5]
matmul | f32[2, 3, 4], f32[3, 4, 5] | none | these shapes do not multiply as matrices | the axes in front of the matrices must be equal, or 1
einsum("ij,jk->ik") | i32[2, 3], i32[3, 4] | none | einsum needs floating-point numbers, got i32[2, 3] | cast(x, f32)
einsum("ij,jk->ik") | f32[2, 3] | pattern | `ij,jk->ik` has 2 inputs, got 1 |
einsum("ij,jk->ik") | f32[2, 3], f32[3] | pattern | `jk` of `ij,jk->ik` has 2 axes, and f32[3] has 1 | the batch axis is not counted
einsum("ij,jk->ik") | f32[2, 3], f32[4, 5] | pattern | `j` is 3 in f32[2, 3] and 4 in f32[4, 5] |
segment_sum(3) | i32[4], i32[4] | none | segment_sum needs floating-point numbers, got i32[4] | cast(x, f32)
segment_max(3) | f32[4], f32[4] | none | segment_max needs classes or integers second, got f32[4] | cast(i, i32)
segment_max(3) | f32[4, 2], i32[2] | none | segment_max needs an index for each place of axis 0, got f32[4, 2] and i32[2] |
segment_mean(3) | f32[4], class[5][4] | count | class[5][4] has 5 classes, not 3 |
atan2 | i32[3], i32[3] | none | atan2 needs floating-point numbers, got i32[3] | cast(x, f32)
equal | f32[3], i32[3] | none | `equal` needs one dtype, got f32 and i32 | cast(x, f32)
equal | class[3], class[4] | none | class[3] and class[4] are classes of different kinds |
less | class[3], i32[] | none | class[3] is no number to compare | they are equal or not; cast(x, i32) is the number of each
less | bool[3], bool[3] | none | bool[3] is no number to compare | cast(x, f32)
less_equal | f32[3], f32[4] | none | these shapes do not compare | sizes must be equal, or 1
logical_and | bool[3], f32[3] | none | `and` needs true and false, got f32[3] | compare first, such as x > 0
logical_or | bool[3], bool[4] | none | these shapes do not combine | sizes must be equal, or 1
logical_not | f32[3] | none | `not` needs true and false, got f32[3] | compare first, such as x > 0
sum | class[3][4] | none | sum needs numbers, got class[3][4] | one_hot or Embedding turns classes into numbers
prod | bool[3] | none | prod needs numbers, got bool[3] | cast(x, f32)
any | f32[3] | none | any needs true and false, got f32[3] | compare first, such as x > 0
var(axis=1, unbiased=true) | f32[3, 1] | unbiased | var of one number has no unbiased estimate | name an axis of several places
norm(axis=2) | f32[3] | axis | there is no axis 2: f32[3] has only axis 0 |
sum(axis=1) | f32[3] | axis | there is no axis 1: f32[3] has only axis 0 | the batch axis is not counted; -1 is the last axis
mean | i32[3] | none | mean needs floating-point numbers, got i32[3] | cast(x, f32)
mean(axis=0) | f32[] | axis | there is no axis 0: f32[] has no axis | the batch axis is not counted; -1 is the last axis
max(axis=(0, -2)) | f32[3, 4] | axis | the same axis of f32[3, 4] is named twice |
max(axis=0) | f32[3], f32[3] | axis | max of two tensors is taken element by element, and has no axis | max(max(a, b), axis=...)
min | f32[3], f32[4] | none | these shapes do not compare | sizes must be equal, or 1
"""  # noqa: E501
ROWS = [[c.strip() for c in line.split(" | ")] for line in CASES.strip().splitlines()]


def inputs(text):
    """`f32[3], h=f32[4]` as unnamed and named types."""
    parts = text.replace("], ", "]; ").split("; ")
    plain = [p for p in parts if "=" not in p]
    return plain, dict(p.split("=") for p in parts if "=" in p)


def found(row, read, typed):
    plain, named = inputs(row[1])
    op, types = read(row[0]), [*map(typed, plain)]
    problems = list(op.problems(*types, **{k: typed(t) for k, t in named.items()}))
    return problems or list(op.starting(*types))


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r[0]} {r[1]}")
def test_problem(row, read, typed):
    argument, what, hint = row[2], row[3].removesuffix("|").strip(), "".join(row[4:])
    problems = found(row, read, typed)
    assert [(p.parameter or "none", p.what, p.help) for p in problems] == [(argument, what, hint)]


def test_every_problem_in_the_source_is_met(read, typed):
    """Which lines that make a Problem have run, by tracing."""
    root = Path(dlspec.ops.__file__).parent
    made = {
        (path.name, node.lineno)
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem"
    }
    ran = set()

    def trace(frame, event, arg):
        if not frame.f_code.co_filename.startswith(str(root)):
            return None
        ran.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return trace

    for name in ops.names():
        ops.lookup(name)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for row in ROWS:
            found(row, read, typed)
    finally:
        sys.settrace(before)
    assert made and made - ran == set()


# --- what is fine, where a rule might be too strict -------------------------------------------


@pytest.mark.parametrize(
    ("layer", "types"),
    [
        ("Dense(3)", ["f32[8, 4, 5]"]),
        ("Dense(3)", ["image f32[8]"]),
        ("Dense(3, axis=0)", ["image f32[8, 4, 5]"]),
        ("BatchNorm", ["image f32[8, 4]"]),
        ("BatchNorm", ["f32[8, 4, 5]"]),
        ("LayerNorm(axis=-1)", ["image f32[8, 4, 5]"]),
        ("Conv2D(4, 5, padding=2)", ["f32[1, 1, 1]"]),
        ("Conv2D(4, 7, padding=same)", ["f32[1, 2, 2]"]),
        ("Concat", ["f32[3]"]),
        ("Embedding(12, 4)", ["class[12]"]),
        ("Identity", ["class[12]"]),
        ("add", ["i32[3]", "i32[3]"]),
        ("add", ["bf16[3]", "bf16[]"]),
        ("max", ["i32[3]", "i32[]"]),
        ("LSTM(4, dropout=0.5)", ["f32[5, 7]"]),
    ],
)
def test_no_problem(layer, types, read, typed):
    assert list(read(layer).problems(*map(typed, types))) == []
