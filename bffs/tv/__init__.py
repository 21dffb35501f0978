"""The TV façade: few words and large pictures, seen from a sofa."""
