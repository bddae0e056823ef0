/** Collects what the tests of one step found. */
class StepTests {
    final List<String> failures = []
    int passed = 0
    private final String step
    private final File folder
    private final Pipeline pipeline

    StepTests(File library, String step) {
        this.step = step
        folder = File.createTempDir()
        pipeline = new Pipeline(library, new File(folder, 'workspace'), [JOB_NAME: 'test', BUILD_NUMBER: '1'])
        pipeline.runsShell = false
        pipeline.credentials = [:].withDefault { [username: 'ann', password: 'secret', value: 'secret', keyFile: '/key'] }
    }

    /** The step refuses this call, in just these words, before it does anything. */
    void refuses(Map call, String message) {
        judge("refuses ${call.parameters}") {
            String said = null
            try {
                perform(call)
            } catch (AbortException refusal) {
                said = refusal.message
            }
            assert said == message
            assert pipeline.calls.every { it.startsWith('error(') || it.startsWith('echo(') }
        }
    }

    /** The step takes this call, and its resource finds just these variables. */
    void accepts(Map call, Map<String, String> variables) {
        judge("accepts ${call.parameters}") {
            Map<String, String> found = [:]
            pipeline.interruption = { int number, String name ->
                if (name == 'sh') {
                    found.putAll(pipeline.environment.expanded().findAll { variables.containsKey(it.key) })
                }
                return null
            }
            perform(call)
            assert found == variables.findAll { it.value != '' }
        }
    }

    void close() {
        folder.deleteDir()
    }

    private void perform(Map call) {
        Closure body = call.body ? { it -> } : null
        List arguments = body ? [call.parameters, body] : [call.parameters]
        pipeline.step(step, arguments as Object[])
    }

    private void judge(String title, Closure test) {
        pipeline.reset()
        try {
            test()
            passed++
        } catch (Throwable problem) {
            failures << "${step}: ${title}: ${problem.message ?: problem}".toString()
        }
    }
}
