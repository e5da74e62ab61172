"""Has no workload at all."""

PACKAGES = ()


def supports(workload):
    return False
