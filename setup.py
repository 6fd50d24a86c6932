"""Metadata, dependencies and extras; settings of the tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
VERSION = re.search(
    r'__version__ = "(.+?)"', (HERE / "kerasgan" / "__init__.py").read_text()
).group(1)

setup(
    name="kerasgan",
    version=VERSION,
    description="A folder of pictures in, an image generator of one's own out",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["kerasgan", "kerasgan.*"]),
    package_data={
        "kerasgan": ["py.typed", "curation/page/*", "report/page/*", "metrics/*.npz"]
    },
    install_requires=[
        "tensorflow>=2.18",
        "keras>=3.8",
        "opencv-python>=4.12",
        "numpy>=1.26",
        "absl-py>=2.1",
        "scikit-learn>=1.4",
        "scipy>=1.10",
    ],
    extras_require={
        "addons": ['tensorflow-addons==0.23.0; python_version < "3.12"'],
        "bench": ["torch==2.13.0"],
        "onnx": ["onnx>=1.17", "onnxruntime>=1.20", "tf2onnx>=1.17"],
        "map": ["openTSNE>=1.0"],
        "serving": ["tensorflow-serving-api>=2.18"],
        "tensorboard": ["tensorboard>=2.18"],
        "test": [
            "pillow>=10",
            "pytest>=8",
            "pytest-xdist>=3",
            "ruff>=0.9",
            "tensorboard>=2.18",
        ],
        "video": ["imageio-ffmpeg>=0.5"],
    },
    entry_points={"console_scripts": ["kerasgan = kerasgan.cli.main:console"]},
    classifiers=[
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
    ],
)
