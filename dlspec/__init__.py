"""dlspec: describe a neural network once, train it anywhere, ship it with proof."""

__version__ = "0.1.0"
