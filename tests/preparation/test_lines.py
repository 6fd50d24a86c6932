"""The lines of a record: what is counted on, and what is said of a damaged one."""

import json

import pytest

from kerasgan.data.doctor import DataError
from tests.preparation.records import line


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(line(1, state=5)).encode() + b"\n",
        b"no json\n",
        b"[]\n",
        b"{}\n",
        b'{"source": "a"}\n',
        b"\xff\n",
        b"null\n",
    ],
)
def test_a_damaged_line_is_named(record, content):
    record.append(line(0))
    with open(record.path, "ab") as file:
        file.write(content)
    with pytest.raises(DataError, match="line 3 is not"):
        list(record.lines())
