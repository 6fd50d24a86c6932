"""Work in a generator's latents: projection, completion, arithmetic, walks.

Everything here takes any callable generator [N, Z] -> [N, H, W, C] in [-1, 1].
"""
