"""Meshes of devices: which axis serves what, how arrays get there, and what is sent."""

from qjax.sharding._axes import (
    Axes as Axes,
    automatic as automatic,
    check_divides as check_divides,
    describe as describe,
    mesh as mesh,
)
from qjax.sharding._collectives import Collective as Collective, collectives as collectives
from qjax.sharding._place import local as local, on_host as on_host, place as place
