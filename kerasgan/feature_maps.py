"""The feature maps of a discriminator: by name, and one of each size.

Legend: N pictures, h, w height and width of a map, F its channels.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from kerasgan.growing import Growing, present_resolution


def named_maps(discriminator: keras.Model) -> dict[str, keras.KerasTensor]:
    """What its layers give that are maps of features [N, h, w, F], by the layers'
    names, from the picture upwards.

    Of the layers that give the same size one after the other it is the last; what has
    one channel behind features, or at the end, is an opinion and left out. Of a
    discriminator that grows they are those of the resolutions that it has grown to.

    Example:
    >>> from kerasgan.networks import dcgan
    >>> list(named_maps(dcgan.build_discriminator((16, 16), width=2)))
    ['leaky_image', 'leaky_8x8', 'leaky_4x4']
    """
    for layer in discriminator.layers:
        if isinstance(layer, Growing):
            return GrownMaps(layer)(discriminator.input)
    found: list[tuple[str, keras.KerasTensor]] = []
    for layer in discriminator.layers:
        output = getattr(layer, "output", None)
        shape = getattr(output, "shape", ())
        if isinstance(layer, keras.layers.InputLayer) or len(shape) != 4:
            continue
        if found and shape[1:3] == found[-1][1].shape[1:3]:
            if shape[-1] == 1 < found[-1][1].shape[-1]:
                continue
            found.pop()
        found.append((layer.name, output))
    while len(found) > 1 and found[-1][1].shape[-1] == 1:
        found.pop()
    return dict(found)


def feature_maps(discriminator: keras.Model) -> keras.Model:
    """A model images -> D's maps [N, h, w, F], one for each of its sizes.

    Of the maps of one size it is the last; the picture's own size is left out, and
    what has one channel. A D without maps gives what its last layer sees, [N, F].

    Example:
    >>> from kerasgan.networks import dcgan
    >>> [m.shape[1] for m in feature_maps(dcgan.build_discriminator((32, 32))).outputs]
    [16, 8, 4]
    """
    image_size = max(x.shape[1:3] for x in discriminator.inputs if len(x.shape) == 4)
    maps = named_maps(discriminator).values()
    last = {map_.shape[1:3]: map_ for map_ in maps if map_.shape[-1] > 1}
    last.pop(image_size, None)
    found = list(last.values()) or [discriminator.layers[-1].input]
    return keras.Model(discriminator.input, found)


class GrownMaps(keras.layers.Layer):
    """Pictures -> the maps of a layer that grows, by name, at the resolution that it
    has at this moment."""

    def __init__(self, grown: Growing) -> None:
        super().__init__(dtype=grown.dtype_policy)
        self.grown, self.resolution = grown, present_resolution(grown)

    def call(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        share = self.grown.share_of(self.resolution)
        return self.grown.maps_at(self.resolution, images, share)
