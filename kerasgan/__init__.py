"""kerasgan: a folder of pictures in, an image generator of one's own out.

Importing the package imports neither TensorFlow nor Keras; its modules do.
"""

__version__ = "0.1.0"
