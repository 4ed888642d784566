"""Words: how a text is read, in which language it is, and what is said in it."""
