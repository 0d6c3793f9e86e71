"""Functions of the chapter that a student writes: tasks, checks, and the worker that runs both without files."""
