"""Calculations of the crystals in this folder, as flows of jobflow with the makers of atomate2 (VASP).

Each crystal is relaxed twice and then computed once more at rest (Materials Project's PBE settings); a uniform band
structure gives the band gap. Every job carries the id of its candidate as ``matgen_id`` in its metadata, so that
``matgen results`` finds the candidate again.

It needs atomate2, and VASP where it runs: pip install atomate2
    python flows.py            writes flows.json, for the scheduler of your choice
    python flows.py --run      runs the flows here, one after another
    python flows.py --submit PROJECT WORKER    hands them to jobflow-remote
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from atomate2.vasp.flows.core import UniformBandStructureMaker
from atomate2.vasp.flows.mp import MPGGADoubleRelaxStaticMaker
from jobflow import Flow
from monty.serialization import dumpfn
from pymatgen.core import Structure

HERE = Path(__file__).resolve().parent


def make_flow(entry: dict[str, object]) -> Flow:
    """The flow of one candidate of manifest.json."""
    structure = Structure.from_file(str(HERE / str(entry["folder"]) / "structure.cif"))
    relaxed = MPGGADoubleRelaxStaticMaker().make(structure)
    bands = UniformBandStructureMaker().make(relaxed.output.structure, prev_dir=relaxed.output.dir_name)
    flow = Flow([relaxed, bands], name=str(entry["id"]))
    flow.update_metadata({"matgen_id": str(entry["id"])})
    return flow


def main() -> None:
    """Writes the flows, runs them, or hands them over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="store_true", help="run them here, one after another")
    parser.add_argument("--submit", nargs=2, metavar=("PROJECT", "WORKER"), help="hand them to jobflow-remote")
    options = parser.parse_args()
    entries = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))["candidates"]
    flows = [make_flow(entry) for entry in entries]
    if options.run:
        from jobflow import run_locally

        for flow in flows:
            run_locally(flow, create_folders=True, root_dir=str(HERE))
    elif options.submit:
        from jobflow_remote import submit_flow

        project, worker = options.submit
        for flow in flows:
            submit_flow(flow, project=project, worker=worker)
    else:
        dumpfn(flows, str(HERE / "flows.json"))
        print(f"{len(flows)} flows written to flows.json")


if __name__ == "__main__":
    main()
