"""The archive for assistants: tools of the Model Context Protocol, with small answers."""
