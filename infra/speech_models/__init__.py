"""Published Whisper models on this machine: which there are, where they come from, and their folder in the cache."""
