"""What is done in a conversation: cue and rule files, and the engine that runs them."""
