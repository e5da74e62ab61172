"""Tests of qjax, with the oracle they are held against."""
