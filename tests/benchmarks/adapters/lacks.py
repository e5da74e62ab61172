"""Has no workload at all."""

PACKAGES = ()


def supports(workload, form=""):
    return False
