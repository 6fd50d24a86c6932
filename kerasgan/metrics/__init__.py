"""How good the pictures are, in numbers."""
