"""Drawings of a circuit."""
def draw_text(circuit, max_width=None):
    return repr(circuit)
def draw_mpl(circuit, **options):
    raise NotImplementedError
