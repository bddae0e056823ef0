/** The steps of Jenkins that libraries call, as far as they matter to them. */
class Steps {
    private final Pipeline pipeline

    Steps(Pipeline pipeline) {
        this.pipeline = pipeline
    }

    Object perform(String name, Object[] args) {
        Map named = args.length > 0 && args[0] instanceof Map ? (Map) args[0] : [:]
        Object single = args.length > 0 && !(args[0] instanceof Closure) ? args[0] : null
        Closure body = args.length > 0 && args[args.length - 1] instanceof Closure ? (Closure) args[args.length - 1] : null
        switch (name) {
            case 'isUnix':
                return true
            case 'pwd':
                return named.tmp ? pipeline.workspace.temporary.path : pipeline.workspace.folder.path
            case 'echo':
                pipeline.log << String.valueOf(named.message ?: single)
                return null
            case 'error':
                throw new AbortException(String.valueOf(named.message ?: single))
            case 'libraryResource':
                return resource(String.valueOf(named.resource ?: single))
            case 'writeFile':
                return write(named)
            case 'readFile':
                return pipeline.workspace.file(String.valueOf(named.file ?: single)).getText('UTF-8')
            case 'fileExists':
                return pipeline.workspace.file(String.valueOf(named.file ?: single)).exists()
            case 'withEnv':
                return pipeline.environment.with((List) (named.overrides ?: single), body)
            case 'withCredentials':
                return pipeline.environment.with(bound((List) (named.bindings ?: single)), body)
            case ['usernamePassword', 'string', 'file', 'sshUserPrivateKey']:
                return [kind: name] + named
            case 'sh':
                return shell(named ?: [script: single])
            case 'archiveArtifacts':
                pipeline.kept << 'artifacts ' + (named.artifacts ?: single)
                return null
            case 'junit':
                pipeline.kept << 'junit ' + (named.testResults ?: single)
                return null
            case 'parallel':
                return named.findAll { it.value instanceof Closure }.collectEntries { [(it.key): it.value.call()] }
            case ['node', 'stage', 'dir', 'timeout', 'retry', 'timestamps', 'ansiColor', 'script']:
                return body.call()
            default:
                throw new MissingMethodException(name, StepScript, args)
        }
    }

    private Object shell(Map named) {
        if (named.returnStatus && named.returnStdout) {
            throw new IllegalArgumentException('returnStatus and returnStdout exclude each other')
        }
        Map ended = [status: 0, output: '']
        if (pipeline.runsShell) {
            ended = pipeline.workspace.shell(String.valueOf(named.script), pipeline.environment.expanded()) { pipeline.log << it }
        }
        if (named.returnStatus) {
            return ended.status
        }
        if (ended.status != 0 && !pipeline.workspace.isAborting) {
            throw new AbortException("script returned exit code ${ended.status}")
        }
        return named.returnStdout ? ended.output : null
    }

    private String resource(String path) {
        File file = new File(new File(pipeline.library, 'resources'), path)
        if (path.contains('..') || !file.isFile()) {
            throw new AbortException("No such library resource ${path} could be found.")
        }
        return file.getText('UTF-8')
    }

    private Object write(Map named) {
        File file = pipeline.workspace.file(String.valueOf(named.file))
        file.parentFile.mkdirs()
        file.setText(String.valueOf(named.text), 'UTF-8')
        return null
    }

    private List<String> bound(List bindings) {
        return bindings.collectMany { Map binding ->
            Map held = pipeline.credentials[binding.credentialsId]
            if (held == null) {
                throw new AbortException("Could not find credentials entry with ID '${binding.credentialsId}'")
            }
            // 'usernameVariable: X' is bound to what the credential calls `username`, `variable: X` to its `value`.
            binding.findAll { it.key.endsWith('ariable') }.collect { key, variable ->
                String part = key == 'variable' ? 'value' : key - 'Variable'
                "${variable}=${held[part]}".toString()
            }
        }
    }
}
