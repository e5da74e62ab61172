"""The molecules of the table, positions in Angstrom."""

import math

from qjax.chemistry import Molecule, hydrogen_chain

# Water: distance of the bonds, and half of the angle between them.
_BOND, _HALF = 0.9584, math.radians(104.45 / 2)
_X, _Y = _BOND * math.sin(_HALF), _BOND * math.cos(_HALF)


def _line(*atoms: str, distance: float, charge: int = 0) -> Molecule:
    return Molecule(
        tuple((name, (0.0, 0.0, place * distance)) for place, name in enumerate(atoms)),
        charge=charge,
    )


MOLECULES = {
    "H2-0.7414": hydrogen_chain(2, 0.7414),
    "H2-0.735": hydrogen_chain(2, 0.735),
    "HeH+-1.0": _line("He", "H", distance=1.0, charge=1),
    "H4-0.8": hydrogen_chain(4, 0.8),
    "H6-0.8": hydrogen_chain(6, 0.8),
    "H8-0.8": hydrogen_chain(8, 0.8),
    "H10-0.8": hydrogen_chain(10, 0.8),
    "H6-1.5": hydrogen_chain(6, 1.5),
    "LiH-1.45": _line("Li", "H", distance=1.45),
    "LiH-1.6": _line("Li", "H", distance=1.6),
    "BeH2-1.3264": _line("H", "Be", "H", distance=1.3264),
    "BeH2-1.6": _line("H", "Be", "H", distance=1.6),
    "H2O-0.9584": Molecule((("O", (0.0, 0.0, 0.0)), ("H", (_X, _Y, 0.0)), ("H", (-_X, _Y, 0.0)))),
    "N2-1.09": _line("N", "N", distance=1.09),
}
