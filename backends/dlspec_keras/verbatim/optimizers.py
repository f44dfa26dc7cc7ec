"""Optimizers whose update is exactly the one that the language defines.

Constants are Python floats: Keras would round them to float32 first.
"""

import math

import keras
from keras import ops


class SomeLearn(keras.optimizers.Optimizer):
    """Updates on JAX too those of its weights alone that learn now."""

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        learn = [v for v in self._trainable_variables if v.trainable]
        values = zip(learn, trainable_variables, strict=True)
        own = zip(self.variables, optimizer_variables, strict=True)
        with keras.StatelessScope([*values, *own]) as scope:
            self.apply(grads, learn)
        found = [scope.get_current_value(v) for v in learn]
        return found, [scope.get_current_value(v) for v in self.variables]


class SGD(SomeLearn, keras.optimizers.SGD):  # fill SGD
    """The learning rate is outside the momentum; the decay is part of the gradient."""

    def __init__(self, *args, decay: float = 0.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.decay = decay
        # if grouped
        self.own: dict[int, dict[str, float]] = {}  # by the index of a weight
        # end

    def update_step(self, gradient, variable, learning_rate):
        # if grouped
        own = self.own.get(self._get_variable_index(variable), {})
        decay = own.get("weight_decay", self.decay)
        learning_rate = learning_rate * own.get("lr_scale", 1)
        # end
        # if not grouped
        decay = self.decay
        # end
        step = ops.add(gradient, decay * variable) if decay else gradient
        if self.momentum:
            momentum = self.momentums[self._get_variable_index(variable)]
            self.assign(momentum, ops.add(self.momentum * momentum, step))
            step = (
                ops.add(step, self.momentum * momentum) if self.nesterov else momentum
            )
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, ops.multiply(rate, step))


class Adam(SomeLearn, keras.optimizers.Adam):  # fill Adam
    """`eps` is added to the corrected root; the decay is part of the gradient."""

    def __init__(self, *args, decay: float = 0.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.decay = decay
        # if grouped
        self.own: dict[int, dict[str, float]] = {}  # by the index of a weight
        # end

    def update_step(self, gradient, variable, learning_rate):
        # if grouped
        own = self.own.get(self._get_variable_index(variable), {})
        decay = own.get("weight_decay", self.decay)
        learning_rate = learning_rate * own.get("lr_scale", 1)
        # end
        # if not grouped
        decay = self.decay
        # end
        gradient = ops.add(gradient, decay * variable) if decay else gradient
        i = self._get_variable_index(variable)
        mean, square = self._momentums[i], self._velocities[i]
        added = ops.multiply(1 - self.beta_1, gradient)
        self.assign(mean, ops.add(self.beta_1 * mean, added))
        added = ops.multiply(1 - self.beta_2, ops.square(gradient))
        self.assign(square, ops.add(self.beta_2 * square, added))
        # if grouped
        t = ops.cast(self.iterations + 1 - own.get("start", 0), variable.dtype)
        # end
        # if not grouped
        t = ops.cast(self.iterations + 1, variable.dtype)
        # end
        first = -ops.expm1(t * math.log(self.beta_1)) if self.beta_1 else 1.0
        second = -ops.expm1(t * math.log(self.beta_2)) if self.beta_2 else 1.0
        rate = ops.cast(learning_rate, variable.dtype) / first
        self.assign_sub(
            variable, rate * mean / (ops.sqrt(square / second) + self.epsilon)
        )


class AdamW(SomeLearn, keras.optimizers.Adam):  # fill AdamW
    """`eps` is added to the corrected root; the decay acts on the weights."""

    def __init__(self, *args, decay: float = 0.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.decay = decay
        # if grouped
        self.own: dict[int, dict[str, float]] = {}  # by the index of a weight
        # end

    def update_step(self, gradient, variable, learning_rate):
        # if grouped
        own = self.own.get(self._get_variable_index(variable), {})
        decay = own.get("weight_decay", self.decay)
        learning_rate = learning_rate * own.get("lr_scale", 1)
        # end
        # if not grouped
        decay = self.decay
        # end
        i = self._get_variable_index(variable)
        mean, square = self._momentums[i], self._velocities[i]
        added = ops.multiply(1 - self.beta_1, gradient)
        self.assign(mean, ops.add(self.beta_1 * mean, added))
        added = ops.multiply(1 - self.beta_2, ops.square(gradient))
        self.assign(square, ops.add(self.beta_2 * square, added))
        # if grouped
        t = ops.cast(self.iterations + 1 - own.get("start", 0), variable.dtype)
        # end
        # if not grouped
        t = ops.cast(self.iterations + 1, variable.dtype)
        # end
        first = -ops.expm1(t * math.log(self.beta_1)) if self.beta_1 else 1.0
        second = -ops.expm1(t * math.log(self.beta_2)) if self.beta_2 else 1.0
        rate = ops.cast(learning_rate, variable.dtype)
        step = mean / first / (ops.sqrt(square / second) + self.epsilon)
        self.assign_sub(variable, rate * (step + decay * variable))


class RMSprop(SomeLearn, keras.optimizers.RMSprop):  # fill RMSprop
    """`eps` is outside the root, the learning rate outside the momentum; the decay is
    part of the gradient."""

    def __init__(self, *args, decay: float = 0.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.decay = decay
        # if grouped
        self.own: dict[int, dict[str, float]] = {}  # by the index of a weight
        # end

    def update_step(self, gradient, variable, learning_rate):
        # if grouped
        own = self.own.get(self._get_variable_index(variable), {})
        decay = own.get("weight_decay", self.decay)
        learning_rate = learning_rate * own.get("lr_scale", 1)
        # end
        # if not grouped
        decay = self.decay
        # end
        gradient = ops.add(gradient, decay * variable) if decay else gradient
        i = self._get_variable_index(variable)
        square = self._velocities[i]
        added = ops.multiply(1 - self.rho, ops.square(gradient))
        self.assign(square, ops.add(self.rho * square, added))
        spread = ops.convert_to_tensor(square)
        if self.centered:
            mean = self._average_gradients[i]
            added = ops.multiply(1 - self.rho, gradient)
            self.assign(mean, ops.add(self.rho * mean, added))
            spread = spread - ops.square(mean)
        step = ops.divide(gradient, ops.sqrt(spread) + self.epsilon)
        if self.momentum:
            momentum = self._momentums[i]
            self.assign(momentum, ops.add(self.momentum * momentum, step))
            step = momentum
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, ops.multiply(rate, step))


class Several(SomeLearn, keras.optimizers.Optimizer):  # fill Several
    """Optimizers that count their steps together, each with weights of its own.

    `by_variable` has the name of each variable's optimizer, by the variable's id.
    """

    def __init__(self, optimizers, by_variable: dict[int, str], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.optimizers, self.by_variable = optimizers, by_variable

    def build(self, variables) -> None:
        super().build(variables)
        for name, optimizer in self.optimizers.items():
            optimizer.build([v for v in variables if self.by_variable[id(v)] == name])
            vars(optimizer)["_iterations"] = self._iterations
        names = [self.by_variable[id(v)] for v in variables]
        self.parts = [self.optimizers[name] for name in names]

    @property
    def variables(self):
        parts = self.optimizers.values()
        return [*super().variables, *(v for part in parts for v in part.variables)]

    def part(self, variable) -> keras.optimizers.Optimizer:
        """The optimizer that updates a variable."""
        return self.parts[self._get_variable_index(variable)]

    def update_step(self, gradient, variable, learning_rate) -> None:
        self.part(variable).update_step(gradient, variable, learning_rate)
