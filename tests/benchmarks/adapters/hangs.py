"""Answers once, and never again; nor does the process that it has started."""

import dataclasses
import os
import time

from benchmarks.adapters import reference
from benchmarks.adapters.reference import PACKAGES as PACKAGES, supports as supports


def build(workload, form=""):
    program = reference.build(workload)
    calls = []

    def call(*args):
        calls.append(args)
        if len(calls) > 1:
            os.fork()
            time.sleep(600)
        return program.call(*args)

    return dataclasses.replace(program, call=call)
