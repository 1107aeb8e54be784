"""The way back: values into bytes, by the definitions that read them; it opens no file and sends
nothing."""
