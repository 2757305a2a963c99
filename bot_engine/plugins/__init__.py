"""The name under which plugin files are loaded, wherever they lie; there is no code here."""
