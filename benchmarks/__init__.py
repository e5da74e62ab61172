"""Benchmarks of qjax against other libraries; see README.md in this folder."""
