"""Getting one message out, once."""
