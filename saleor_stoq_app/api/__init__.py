"""GraphQL for storefronts: what shoppers' browsers may ask of us."""
