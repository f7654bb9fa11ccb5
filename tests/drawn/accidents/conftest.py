"""Times are judged by name only: python -m pytest tests/drawn/accidents/test_linear.py"""

collect_ignore = ["test_linear.py"]
