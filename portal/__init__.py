"""The faces: pages for people and a REST interface for programs, over the services and the engine."""
