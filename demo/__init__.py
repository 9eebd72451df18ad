"""The demo: a telematics company with clients, partners, a lab and a fleet; made through the acts like any world."""
