def upgrade(schemas, report):
    return schemas
