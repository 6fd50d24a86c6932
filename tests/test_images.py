"""Reading, fitting, laying out and writing single pictures."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from kerasgan.decoding import exif_orientation
from kerasgan.images import (
    UnreadableImage,
    decode_image,
    encode_png,
    enlargement,
    fit_image,
    grid,
    read_image,
    to_uint8,
    write_png,
)


def encoded(image: np.ndarray, ending: str = ".png", *options: int) -> bytes:
    """RGB(A) or grey -> the bytes of a file, by OpenCV alone."""
    if image.ndim == 3:
        order = [2, 1, 0, 3][: image.shape[2]]
        image = image[..., order]
    return cv2.imencode(ending, np.ascontiguousarray(image), list(options))[1].tobytes()


def exif_block(orientation: int) -> bytes:
    """Big-endian EXIF with the orientation tag alone."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def turned_png(image: np.ndarray, orientation: int) -> bytes:
    png = encoded(image)
    return png[:33] + chunk(b"eXIf", exif_block(orientation)) + png[33:]


def turned_jpeg(image: np.ndarray, orientation: int) -> bytes:
    jpeg = encoded(image, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 100)
    block = b"Exif\0\0" + exif_block(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def reason_for(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as raised:
        decode_image(data)
    return raised.value.reason


def noise(height: int = 64, width: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


# The letters of a 2 x 3 picture A B C / D E F, as EXIF 2.32 wants them shown.
TURNED = {
    1: ["ABC", "DEF"],
    2: ["CBA", "FED"],
    3: ["FED", "CBA"],
    4: ["DEF", "ABC"],
    5: ["AD", "BE", "CF"],
    6: ["DA", "EB", "FC"],
    7: ["FC", "EB", "DA"],
    8: ["CF", "BE", "AD"],
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_exif_rotation_is_honoured_with_alpha_kept(orientation, channels):
    grey = np.array([[0, 40, 80], [120, 160, 200]], np.uint8)
    picture = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    rows = TURNED[orientation]
    expected = [["ABCDEF".index(letter) * 40 for letter in row] for row in rows]
    image = decode_image(turned_png(picture, orientation), channels)
    assert image[..., 0].tolist() == expected
    assert image.shape[2] == channels


@pytest.mark.parametrize("sample_type", [np.uint8, np.uint16])
def test_exif_rotation_is_honoured_in_grey_and_16_bit_files(sample_type):
    grey = np.array([[0, 40, 80], [120, 160, 200]], sample_type)
    grey = grey * sample_type(257 if sample_type is np.uint16 else 1)
    image = decode_image(turned_png(grey, 6), 1)
    assert image[..., 0].tolist() == [[120, 0], [160, 40], [200, 80]]


def test_exif_rotation_of_a_jpeg():
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:, :16] = 255  # the left half, which orientation 6 turns to the top
    image = decode_image(turned_jpeg(picture, 6))
    assert image.shape == (32, 16, 3)
    assert image[:16].mean() > 250 and image[16:].mean() < 5


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", b"XX" + bytes(30), exif_block(9), exif_block(6)[:20]]
)
def test_an_odd_exif_block_leaves_the_picture_as_it_is(block):
    assert exif_orientation(block) == 1


def test_colours_are_in_rgb_order():
    assert decode_image(encoded(np.full((4, 4, 3), (9, 90, 200), np.uint8)))[
        0, 0
    ].tolist() == [9, 90, 200]


@pytest.mark.parametrize(
    ("channels", "expected"),
    # 200 * 128/255 + 255 * 127/255 = 227.4, and so on; grey = .299 R + .587 G + .114 B
    [(4, [200, 100, 50, 128]), (3, [227, 177, 152]), (1, [189])],
)
@pytest.mark.parametrize("ending", [".png", ".webp", ".tiff"])
def test_alpha_is_kept_or_laid_on_white(channels, expected, ending):
    picture = np.full((4, 4, 4), (200, 100, 50, 128), np.uint8)
    lossless = (cv2.IMWRITE_WEBP_QUALITY, 101) if ending == ".webp" else ()
    image = decode_image(encoded(picture, ending, *lossless), channels)
    assert image[1, 1].tolist() == expected


def test_opaque_alpha_is_added_where_the_picture_has_none():
    image = decode_image(encoded(np.full((2, 2), 77, np.uint8)), 4)
    assert image[0, 0].tolist() == [77, 77, 77, 255]


@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_16_bit_is_rounded_to_8(ending):
    samples = np.array([[0, 128, 129, 257 * 100, 65535]], np.uint16)
    assert decode_image(encoded(samples, ending), 1).ravel().tolist() == [
        0,
        0,
        1,
        100,
        255,
    ]


def test_float_samples_are_refused_with_a_reason():
    tiff = encoded(np.zeros((4, 4), np.float32), ".tiff")
    assert reason_for(tiff) == "float32 samples, not 8 or 16 bit"


@pytest.mark.parametrize("ending", [".bmp", ".gif", ".tiff", ".webp", ".jpg", ".png"])
def test_every_format_is_read(ending):
    image = decode_image(encoded(np.full((16, 24, 3), (255, 0, 0), np.uint8), ending))
    assert image.shape == (16, 24, 3)
    assert np.abs(image[8, 8].astype(int) - (255, 0, 0)).max() <= 4


def test_pillow_files_cmyk_palette_and_the_first_frame_of_a_gif(tmp_path):
    pillow = pytest.importorskip("PIL.Image", reason="Pillow writes these files")
    red = pillow.new("RGB", (16, 16), (255, 0, 0))
    blue = pillow.new("RGB", (16, 16), (0, 0, 255))
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=100)
    red.convert("P").save(tmp_path / "palette.png")
    red.save(tmp_path / "moving.gif", save_all=True, append_images=[blue])
    red.convert("RGBA").save(tmp_path / "alpha.tif")
    for path in tmp_path.iterdir():
        colour = read_image(path)[8, 8].astype(int)
        assert np.abs(colour - (255, 0, 0)).max() <= 3, path.name


def test_premultiplied_alpha_of_a_tiff_is_undone(tmp_path):
    pillow = pytest.importorskip("PIL.Image", reason="Pillow writes this file")
    path = tmp_path / "glass.tif"
    pillow.new("RGBA", (8, 8), (200, 100, 50, 128)).save(path)
    colour = read_image(path, 4)[4, 4].astype(int)
    assert np.abs(colour - (200, 100, 50, 128)).max() <= 1


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_a_file_that_was_cut_is_truncated(ending, share):
    data = encoded(noise(), ending)
    assert reason_for(data[: int(len(data) * share)]) == "truncated"


@pytest.mark.parametrize("ending", [".bmp", ".gif", ".tiff"])
def test_a_cut_file_of_the_other_formats_is_refused(ending):
    data = encoded(noise(), ending)
    assert reason_for(data[: len(data) // 2]) == "damaged or truncated"


@pytest.mark.parametrize("grey", [True, False])
def test_a_cut_jpeg_with_an_end_mark_is_found(grey):
    data = encoded(noise()[..., 0] if grey else noise(), ".jpg")
    assert decode_image(data).shape == (64, 64, 3)
    assert reason_for(data[: len(data) // 2] + b"\xff\xd9") == "truncated"


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_flat_lower_half_is_no_damage(progressive):
    picture = noise()
    picture[32:] = 255
    option = (cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    assert decode_image(encoded(picture, ".jpg", *option))[-1, -1].tolist() == [255] * 3


def test_bytes_after_the_end_are_ignored():
    for ending in (".jpg", ".png"):
        data = encoded(noise(), ending)
        extended = decode_image(data + b"a second thought")
        np.testing.assert_array_equal(extended, decode_image(data))


def test_a_flipped_bit_in_a_png_is_found():
    data = bytearray(encoded(noise()))
    data[len(data) // 2] ^= 1
    assert reason_for(bytes(data)) == "damaged"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"hello, this is a letter", "not a picture"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"GIF89a", "damaged or truncated"),
    ],
)
def test_what_is_no_picture_has_a_reason(data, reason):
    assert reason_for(data) == reason


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
    assert reason_for(bomb) == "too large: over 268 million pixels"
    jpeg = bytearray(encoded(noise(), ".jpg"))
    frame = jpeg.find(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 30000, 30000)
    assert reason_for(bytes(jpeg)) == "too large: over 268 million pixels"


def test_damaged_bytes_never_raise_anything_else():
    rng = np.random.default_rng(1)
    for ending in (".jpg", ".png", ".webp", ".bmp", ".gif", ".tiff"):
        whole = encoded(noise(16, 16), ending)
        for _ in range(40):
            data = bytearray(whole)
            for place in rng.integers(8, len(data), 4):
                data[place] = rng.integers(256)
            try:
                assert decode_image(bytes(data)).dtype == np.uint8
            except UnreadableImage as error:
                assert error.reason


def test_the_content_counts_not_the_ending(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(encoded(noise()))
    np.testing.assert_array_equal(read_image(path), noise())


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path):
    with pytest.raises(UnreadableImage, match="cannot be read: No such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(UnreadableImage, match="not a file"):
        read_image(tmp_path)


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match="channels must be 1, 3 or 4. Received 2"):
        decode_image(encoded(noise()), 2)


def test_crop_takes_the_middle_and_averages():
    # Columns 0 1 2 3 4 5; the middle square of two rows is columns 2 and 3.
    picture = np.array([[0, 50, 10, 20, 70, 90], [0, 50, 30, 40, 70, 90]], np.uint8)
    assert fit_image(picture[..., None], (1, 1), "crop").tolist() == [[[25]]]


def test_crop_of_a_wide_target():
    picture = np.repeat(np.arange(8, dtype=np.uint8)[:, None, None] * 10, 8, axis=1)
    # 8 x 8 to 2 x 4: rows 2 to 5 stay; pairs of rows are averaged.
    assert fit_image(picture, (2, 4), "crop")[..., 0].tolist() == [[25] * 4, [45] * 4]


def test_pad_keeps_everything_on_white_or_on_nothing():
    wide = np.full((2, 4, 3), 10, np.uint8)
    assert fit_image(wide, (4, 4), "pad")[:, 0, 0].tolist() == [255, 10, 10, 255]
    clear = fit_image(np.full((2, 4, 4), 255, np.uint8), (4, 4), "pad")
    assert clear[:, 0, 3].tolist() == [0, 255, 255, 0]


def test_stretch_shrinks_one_axis_and_enlarges_the_other():
    picture = np.zeros((8, 2, 1), np.uint8)
    picture[::2] = 100
    stretched = fit_image(picture, (4, 4), "stretch")
    assert stretched.shape == (4, 4, 1)
    assert stretched.tolist() == [[[50]] * 4] * 4


def test_transparent_pixels_lend_no_colour():
    picture = np.zeros((2, 2, 4), np.uint8)
    picture[0] = (200, 100, 50, 255)
    picture[1] = (0, 255, 0, 0)  # green that nobody sees
    assert fit_image(picture, (1, 1)).tolist() == [[[200, 100, 50, 128]]]


@pytest.mark.parametrize(("fit", "scale"), [("crop", 4), ("stretch", 4), ("pad", 2)])
def test_enlargement_is_that_of_the_fit(fit, scale):
    assert enlargement((16, 32, 3), (64, 64), fit) == scale


def test_an_unknown_fit_and_a_float_picture_are_refused():
    picture = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="fit must be one of crop, pad, stretch"):
        fit_image(picture, (2, 2), "squeeze")
    with pytest.raises(ValueError, match="image must be uint8"):
        fit_image(picture.astype(np.float32), (2, 2))


def test_to_uint8_rounds_and_clips():
    values = np.array([-3, -1, -0.5, 0.0, 0.999, 1, np.nan])
    assert to_uint8(values).tolist() == [0, 0, 64, 128, 255, 255, 0]


def test_grid_lays_out_row_by_row_on_white():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None]
    expected = [[0, 255, 1], [255, 255, 255], [2, 255, 255]]
    assert grid(pictures, columns=2, gap=1)[..., 0].tolist() == expected
    assert grid(pictures, columns=3, gap=0)[..., 0].tolist() == [[0, 1, 2]]


def test_an_empty_grid_is_refused():
    with pytest.raises(ValueError, match="N >= 1"):
        grid(np.zeros((0, 4, 4, 3), np.uint8))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_write_png_and_back(tmp_path, channels):
    picture = np.random.default_rng(2).integers(0, 256, (5, 7, channels), np.uint8)
    write_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", channels), picture)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_picture_of_two_channels_cannot_be_encoded():
    with pytest.raises(ValueError, match="image must be uint8"):
        encode_png(np.zeros((4, 4, 2), np.uint8))


def test_real_photos_with_alpha_and_palettes(shared_dir):
    for path in sorted((shared_dir / "data/messy_photos/odd_formats").iterdir()):
        for channels in (1, 3, 4):
            assert read_image(path, channels).shape[2] == channels
