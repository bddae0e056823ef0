/** Base of every script: whatever is no method of its own is a step. */
abstract class StepScript extends Script {
    private Pipeline build

    void attach(Pipeline pipeline) {
        build = pipeline
    }

    def methodMissing(String name, args) {
        return build.step(name, (Object[]) args)
    }

    def propertyMissing(String name) {
        if (build.vars.containsKey(name)) {
            return build.vars[name]
        }
        if (name == 'env') {
            return build.environment.values
        }
        throw new MissingPropertyException(name, getClass())
    }
}
