"""Writers: the text of Python modules, and files that are written whole or not at all."""
