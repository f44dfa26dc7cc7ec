"""What `train` computes of a batch: the loss, and what metrics read."""

from keras import ops


def objective(model, image):
    outputs = model(image)
    mu, logvar, reconstruction = (
        outputs["mu"],
        outputs["logvar"],
        outputs["reconstruction"],
    )
    return ops.mean(
        ops.sum(
            ops.binary_crossentropy(image, reconstruction, from_logits=True),
            axis=(1, 2, 3),
        )
    ) + ops.mean(ops.sum(ops.square(mu) + ops.exp(logvar) - 1 - logvar, axis=1) / 2)
