"""Two processes of one TF_CONFIG on this machine, for the tests."""

import json
import os
import socket
import subprocess


def two_ports():
    """Two that the system says are free."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in (one, other)]


def start_workers(*commands, **options):
    """Start one worker for each of two commands; the processes, with their output."""
    addresses = [f"localhost:{port}" for port in two_ports()]
    started = []
    for index, command in enumerate(commands):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": addresses}, "task": task}
        started.append(
            subprocess.Popen(
                command,
                env=os.environ | {"TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                **options,
            )
        )
    return started


def outputs_of(workers, timeout=600):
    """Wait for all of them: the (status, output) of each. None outlives this."""
    try:
        outputs = [worker.communicate(timeout=timeout)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    return [(w.returncode, text) for w, text in zip(workers, outputs, strict=True)]
