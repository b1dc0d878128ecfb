from ml.sheets.pages import Problem


def find_problems(grey, transform, frame, marks, code):
    return [] if code else [Problem("no_code")]
