"""Data and train blocks for the tests, as the elaborator makes them."""

from __future__ import annotations

from dlspec.ir.recipe import Augment, Data, Field, LossTerm, MetricUse, Train, Transformed
from dlspec.recipe import (
    augmentations,
    losses,
    metrics,
    optimizers,
    schedules,
    sources,
    splits,
    stops,
    transforms,
)
from dlspec.tensor import Tensor, f32
from dlspec.units import Quantity


def classes(count: int | None, *shape: int) -> Tensor:
    return Tensor("class", shape, count)


def field(
    name: str,
    type: Tensor,
    *columns: str,
    read: Tensor | None = None,
    through: tuple = (),
    joined: bool | None = None,
    unknown: bool = False,
) -> Field:
    """A field; `unknown` where only the data tells the sizes before a Resize."""
    if unknown:
        steps = tuple(Transformed(transform=t, takes=None, gives=type) for t in through)
    else:
        types = [read or type]
        for t in through:
            types.append(t.shape(types[-1]))
        steps = tuple(
            Transformed(transform=t, takes=a, gives=b)
            for t, a, b in zip(through, types, types[1:], strict=False)
        )
    return Field(
        name=name,
        type=type,
        columns=columns or (name,),
        joined=len(columns) > 1 if joined is None else joined,
        read=None if unknown else read or type,
        transforms=steps,
        line=1,
    )


def data(name: str, source, *fields: Field, split=None, augment: tuple = ()) -> Data:
    return Data(
        name=name,
        source=source,
        fields=fields,
        split=split or splits.Random(train=0.8, val=0.2),
        augment=tuple(Augment(fields=f, transforms=t, line=1) for f, t in augment),
        line=1,
    )


def use(metric, output: str, target: str, name: str = "", activation="softmax", axis=0):
    return MetricUse(
        name=name or metric.name(),
        metric=metric,
        output=output,
        target=target,
        activation=activation,
        axis=axis,
        line=1,
    )


def train(inputs: dict[str, str], *uses: MetricUse, schedule: tuple = (), on: str = "", **more):
    return Train(
        name="",
        data="d",
        model="m",
        inputs=inputs,
        loss=(LossTerm(factor=1, loss=losses.MSE(), output="y", target="t", line=1),),
        optimizer=optimizers.Adam(lr=1e-3),
        schedule=schedule,
        epochs=10,
        batch=32,
        metrics=uses,
        early_stop=stops.Patience(epochs=Quantity(5, "epochs"), on=on) if on else None,
        line=1,
        **more,
    )


def digits() -> Data:
    return data(
        "digits",
        sources.Sklearn(name="digits"),
        field("image", f32(1, 8, 8), through=(transforms.Scale(factor=1 / 16),)),
        field("label", classes(10), "target"),
        split=splits.Stratified(by="label", train=0.6, val=0.15, test=0.25),
        augment=(
            (
                ("image",),
                (
                    augmentations.RandomRotate(angle=Quantity(10, "deg")),
                    augmentations.RandomShift(share=0.1),
                ),
            ),
        ),
    )


def digits_train() -> Train:
    return train(
        {"image": "image"},
        use(metrics.Accuracy(), "logits", "label"),
        use(metrics.F1(average="macro"), "logits", "label"),
        use(metrics.ConfusionMatrix(), "logits", "label"),
        schedule=(
            schedules.Warmup(duration=Quantity(1, "epochs")),
            schedules.Cosine(to=0),
        ),
        on="val.loss",
    )
