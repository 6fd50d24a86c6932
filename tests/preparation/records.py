"""Lines for the record of a preparation."""


def line(k, **more):
    return {
        "source": f"{k}.jpg",
        "file": f"{k}.jpg",
        "state": [1, 2],
        "kept": [{"picture": f"a/{k:06d}.png"}],
        "dropped": [{"reason": "no face"}],
    } | more
