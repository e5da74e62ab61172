"""Right answers, quickly."""

from benchmarks.adapters.reference import PACKAGES as PACKAGES, build as build, supports as supports
