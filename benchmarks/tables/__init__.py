"""Published tables, computed again: `qjax tables list`; see README.md in this folder."""
