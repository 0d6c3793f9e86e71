"""Tasks of a student: the text, where the code begins, one answer, and what each check asks."""

from __future__ import annotations

from dataclasses import dataclass

from matgen_core.core.messages import Message


@dataclass(frozen=True)
class Task:
    """One function to write.

    Args:
        name: of the function.
        section: of the chapter.
        asks: what it shall do.
        starter: code that stands in the field at first.
        answer: code that passes every check.
        checks: what each check of :data:`matgen_core.lessons.code.checks.CHECKS` asks, in its order.
    """

    name: str
    section: str
    asks: Message
    starter: str
    answer: str
    checks: tuple[Message, ...]


TASKS = (
    Task(
        "forward_process",
        "4.2",
        Message(
            "Noise at once: from the data x0, the signal left ᾱ (between 0 and 1) and noise of the same length give "
            "xₜ. Lists of numbers or NumPy arrays may come."
        ),
        """def forward_process(x0, alpha_bar, noise):
    # write it here
    return x0
""",
        """import numpy as np

def forward_process(x0, alpha_bar, noise):
    x0, noise = np.asarray(x0, dtype=float), np.asarray(noise, dtype=float)
    return np.sqrt(alpha_bar) * x0 + np.sqrt(1 - alpha_bar) * noise
""",
        (
            Message("ᾱ = 1: the data come back"),
            Message("ᾱ = 0: only noise is left"),
            Message("ᾱ = 0.36: 0.6 of the data and 0.8 of the noise"),
            Message("Data and noise of variance 1 keep variance 1"),
        ),
    ),
    Task(
        "guide",
        "4.3",
        Message(
            "Classifier-free guidance: from the noise that the network predicts without a condition, the noise that "
            "it predicts with it, and the weight w give the guided noise."
        ),
        """def guide(unconditional, conditional, w):
    # write it here
    return conditional
""",
        """import numpy as np

def guide(unconditional, conditional, w):
    unconditional = np.asarray(unconditional, dtype=float)
    return unconditional + w * (np.asarray(conditional, dtype=float) - unconditional)
""",
        (
            Message("w = 0: the condition is not heard"),
            Message("w = 1: the conditional network alone"),
            Message("w = 2: the difference is doubled"),
            Message("Where both agree, no weight changes anything"),
        ),
    ),
    Task(
        "multi_objective_generation",
        "2",
        Message(
            "Exercise 2 of the chapter. generator.generate_conditional(conditions) takes one row for each material: "
            "band gap, formation energy and magnetic moment, where float('nan') leaves a property open. Return what "
            "it returns."
        ),
        """def multi_objective_generation(generator, target_bandgap, target_formation_energy, num_samples=10):
    # write it here
    pass
""",
        """def multi_objective_generation(generator, target_bandgap, target_formation_energy, num_samples=10):
    row = [target_bandgap, target_formation_energy, float("nan")]
    return generator.generate_conditional([row] * num_samples)
""",
        (
            Message("One row for each of num_samples materials, three numbers a row"),
            Message("The band gap and the formation energy stand in their places"),
            Message("The magnetic moment, which nobody asked for, is left open"),
            Message("Without num_samples there are 10"),
            Message("What the generator made is returned"),
        ),
    ),
    Task(
        "pareto_front",
        "3",
        Message(
            "The places of the rows that no other row beats: another beats a row when it is at least as large in "
            "every column and larger in one. Return the places as a list, the smallest first."
        ),
        """def pareto_front(rows):
    # write it here
    return []
""",
        """import numpy as np

def pareto_front(rows):
    rows = np.asarray(rows, dtype=float)
    front = []
    for place, row in enumerate(rows):
        beaten = ((rows >= row).all(axis=1) & (rows > row).any(axis=1)).any()
        if not beaten:
            front.append(place)
    return front
""",
        (
            Message("Best in every column: it stands alone"),
            Message("Each is best in one column: all stay"),
            Message("The one in the middle that two others surround stays, the one below all goes"),
            Message("Equal rows do not beat one another"),
        ),
    ),
)
