"""Adam, as Keras has it, with each weight updated by one kernel.

Source: Kingma & Ba 2015.
"""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="kerasgan")
class Adam(keras.optimizers.Adam):
    """Keras' Adam: the same arguments, state and, to rounding, the same updates.

    Keras composes an update of a dozen operations, each of which reads and writes the
    whole weight; on a CPU that is a tenth of a small GAN's step. TensorFlow's kernel
    does it in one pass. AMSGrad has no such kernel and is refused.

    Raises:
        ValueError: amsgrad is asked for.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> optimizer = Adam(0.1)
    >>> optimizer.apply([tf.constant([2.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ValueError(
                "kerasgan's Adam has no AMSGrad. Received amsgrad=True: "
                "take keras.optimizers.Adam for that."
            )

    def _backend_update_step(self, gradients, variables, learning_rate) -> None:
        """Each device its own copy of the weights: gradients come averaged over all of
        them, where Keras would sum them up here."""
        numbers = {  # a set for all weights of a type
            dtype: self._numbers(dtype, learning_rate)
            for dtype in {variable.dtype for variable in variables}
        }
        for gradient, variable in zip(gradients, variables, strict=True):
            self._update(gradient, variable, numbers[variable.dtype])

    def update_step(self, gradient, variable, learning_rate) -> None:
        numbers = self._numbers(variable.dtype, learning_rate)
        self._update(gradient, variable, numbers)

    def _numbers(self, dtype: str, learning_rate) -> dict[str, tf.Tensor]:
        """What the kernel wants to know of this update."""
        number = tf.cast(self.iterations + 1, dtype)  # from 1
        beta_1, beta_2 = (tf.cast(beta, dtype) for beta in (self.beta_1, self.beta_2))
        return {
            "beta1_power": beta_1**number,
            "beta2_power": beta_2**number,
            "lr": tf.cast(learning_rate, dtype),
            "beta1": beta_1,
            "beta2": beta_2,
            "epsilon": tf.cast(self.epsilon, dtype),
        }

    def _update(self, gradient, variable, numbers: dict[str, tf.Tensor]) -> None:
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            grad=tf.cast(gradient, variable.dtype),
            **numbers,
        )


def has_loss_scale(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether it may skip a step: one whose gradients float16 could not hold.

    >>> has_loss_scale(Adam(0.1))
    False
    """
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


def check_for_devices(optimizer: keras.optimizers.Optimizer, devices: int) -> None:
    """Refuse an optimizer that would sum gradients up again over several devices.

    Raises:
        ValueError: there are several, and it is not this module's.

    >>> check_for_devices(keras.optimizers.SGD(), 1)
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if devices > 1 and not isinstance(inner, Adam):
        raise ValueError(
            "On several devices the optimizer must be kerasgan.optimizers.Adam, which "
            f"takes gradients that are averaged already. Received {type(inner)} on "
            f"{devices} devices."
        )


def start_anew(optimizer: keras.optimizers.Optimizer) -> None:
    """Forget the moments and count from the first update again; works inside a graph.

    >>> weight = keras.Variable([1.0])
    >>> optimizer = Adam(0.1)
    >>> optimizer.apply([tf.constant([2.0])], [weight])
    >>> start_anew(optimizer)
    >>> int(optimizer.iterations), float(optimizer._momentums[0][0])
    (0, 0.0)
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of a loss scale
    for variable in optimizer.variables:
        if variable is not optimizer.learning_rate:
            variable.assign(tf.zeros_like(variable.value))


def _handle(variable) -> tf.Tensor:
    held = variable.value if isinstance(variable, keras.Variable) else variable
    return held.handle
