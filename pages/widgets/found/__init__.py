"""Results: tables, pictures, facts, comparison, files."""
