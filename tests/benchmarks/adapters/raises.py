"""Cannot build what it says it supports."""

from benchmarks.adapters.reference import PACKAGES as PACKAGES, supports as supports


def build(workload, form=""):
    print("a library may print what it likes")
    raise RuntimeError(f"no room for {workload.name}\nand a second line")
