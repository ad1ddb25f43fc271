"""Where the tests of ``check`` collect right and wrong answers to exercises."""

RIGHT, WRONG = {}, {}


def right(name):
    """Collect a right answer to an exercise."""

    def collect(answer):
        RIGHT[f"{name}: {answer.__name__}"] = (name, answer)
        return answer

    return collect


def wrong(name, *messages):
    """Collect a wrong answer, with the names of the messages that are meant for it."""

    def collect(answer):
        WRONG[f"{name}: {answer.__name__}"] = (name, answer, messages)
        return answer

    return collect
