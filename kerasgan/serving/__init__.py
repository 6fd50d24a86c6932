"""A trained generator for other programs: SavedModels for TensorFlow Serving, LiteRT,
ONNX and Keras files, each whole or absent.

`signatures` says what a served model answers, `received` reads the pictures that it is
sent, `warmup` writes the requests that a server replays before it opens, `saved_model`
puts these together, `formats` has the other kinds of file, `comparison` measures each
against the Keras networks, and `versions` puts a new one in place.
"""
