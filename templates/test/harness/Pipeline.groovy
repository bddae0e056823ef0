import org.codehaus.groovy.control.CompilerConfiguration

/**
 * A stand-in for one build: loads a library as Jenkins does, offers the steps that libraries call, records every call,
 * and can abort at any of them. `sh` really runs its script, or only says that it did.
 * It knows nothing of CPS: what cannot survive a restart of the controller is for a linter to find.
 */
class Pipeline {
    final File library
    final Workspace workspace
    final Environment environment
    /** One line a call, indented by depth. */
    final List<String> calls = []
    final List<String> log = []
    final Map<String, Script> vars = [:]
    /** Files that were archived, by step. */
    final List<String> kept = []
    /** Whether `sh` runs anything. */
    boolean runsShell = true
    /** Told the number of a call, from 1, and its name; a text in return aborts there: 'before', 'during' or 'after'. */
    Closure interruption = { int number, String name -> null }
    /** What credentials hold: by id, by ending of the variable. */
    Map<String, Map<String, String>> credentials = [:]
    private final Steps steps
    private int depth = 0

    Pipeline(File library, File folder, Map<String, String> variables = [:]) {
        this.library = library
        this.workspace = new Workspace(folder)
        this.environment = new Environment(variables)
        this.steps = new Steps(this)
        load()
    }

    /** Runs the text of a Jenkinsfile; what is its last expression is the result. */
    Object run(String jenkinsfile, Map binding = [:]) {
        Script script = (Script) shell().parse(jenkinsfile)
        script.binding = new Binding(binding)
        ((StepScript) script).attach(this)
        return script.run()
    }

    /** A call of a step: recorded, perhaps aborted, answered. */
    Object step(String name, Object[] args) {
        if (vars.containsKey(name)) {
            return vars[name].invokeMethod('call', args)
        }
        calls << ('  ' * depth + name + Calls.describe(args, workspace))
        String moment = interruption(calls.size(), name)
        if (moment == 'before') {
            throw new FlowInterruptedException()
        }
        workspace.isAborting = moment == 'during'
        depth++
        Object answer
        try {
            answer = steps.perform(name, args)
        } finally {
            depth--
            workspace.isAborting = false
        }
        if (moment == 'after' || moment == 'during') {
            throw new FlowInterruptedException()
        }
        return answer
    }

    /** Forgets what was called, so that the next run is a build of its own. */
    void reset() {
        calls.clear()
        log.clear()
        kept.clear()
        workspace.cookies.clear()
        interruption = { int number, String name -> null }
    }

    private void load() {
        new File(library, 'vars').eachFileMatch(~/.*[.]groovy/) { File file ->
            String name = file.name - '.groovy'
            Script script = (Script) shell().parse(file)
            ((StepScript) script).attach(this)
            vars[name] = script
        }
    }

    private GroovyShell shell() {
        CompilerConfiguration configuration = new CompilerConfiguration()
        configuration.scriptBaseClass = StepScript.name
        configuration.sourceEncoding = 'UTF-8'
        configuration.classpathList = [new File(library, 'src').path]
        return new GroovyShell(getClass().classLoader, new Binding(), configuration)
    }
}
