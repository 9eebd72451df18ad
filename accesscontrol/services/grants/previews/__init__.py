"""Who gains and loses what by an act on grants, before it is done."""
