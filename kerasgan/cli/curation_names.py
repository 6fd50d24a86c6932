"""Names that the parts of `curate` share: of files in its folder, and of flags."""

SUMMARY, TABLE, PAGE = "curation.json", "pictures.csv", "map.html"
STEPS, LOCK = "steps", ".lock"
KEEPING = ("keep", "inside", "outside")  # one of these, and pictures are kept
