/** The folder of a build on an agent, with the temporary one beside it, and the processes that it starts. */
class Workspace {
    final File folder
    final File temporary
    /** The next shell is to be aborted while it runs. */
    boolean isAborting = false
    /** How long a shell runs before it is aborted, and how long Jenkins waits for it to end, in ms. */
    long abortAfterMs = 300
    long patienceMs = 20000

    Workspace(File folder) {
        this.folder = folder
        this.temporary = new File(folder.path + '@tmp')
        folder.mkdirs()
    }

    File file(String path) {
        return path.startsWith('/') ? new File(path) : new File(folder, path)
    }

    /** [status, output] of a script, run by the interpreter of its first line, or as Jenkins does without one. */
    Map shell(String script, Map<String, String> variables, Closure onLine) {
        File own = new File(temporary, "durable-${UUID.randomUUID().toString().substring(0, 8)}")
        own.mkdirs()
        File file = new File(own, 'script.sh')
        file.setText(script.startsWith('#!') ? script : '#!/bin/sh -xe\n' + script, 'UTF-8')
        String cookie = 'durable-' + UUID.randomUUID()
        try {
            return runFile(file, variables + [JENKINS_SERVER_COOKIE: cookie], cookie, onLine)
        } finally {
            own.deleteDir()
        }
    }

    /** Processes that a build left behind: those that carry one of its cookies. Ended here, so that no test harms the next. */
    List<String> endLeftovers(Collection<String> cookies) {
        List<String> left = cookies.collectMany { processesOf(it) }.collect { String pid -> commandOf(pid) }
        for (String cookie in cookies) {
            signal(cookie, 'KILL')
        }
        return left
    }

    final List<String> cookies = []

    private Map runFile(File file, Map<String, String> variables, String cookie, Closure onLine) {
        cookies << cookie
        ProcessBuilder builder = new ProcessBuilder(interpreter(file) + [file.path])
        builder.directory(folder).redirectErrorStream(false)
        builder.environment().clear()
        builder.environment().putAll(variables)
        Process process = builder.start()
        process.outputStream.close()
        StringBuffer output = new StringBuffer()
        Thread out = Thread.start { process.inputStream.eachLine('UTF-8') { output << it << '\n'; onLine(it) } }
        Thread err = Thread.start { process.errorStream.eachLine('UTF-8') { onLine(it) } }
        if (isAborting) {
            Thread.sleep(abortAfterMs)
            signal(cookie, 'TERM')
            waitFor(process)
        }
        int status = process.waitFor()
        // A process in the background may hold the pipes: a shell that ended is over all the same.
        out.join(500)
        err.join(500)
        return [status: status, output: output.toString()]
    }

    private List<String> interpreter(File file) {
        String line = file.newReader('UTF-8').withReader { it.readLine() }
        return line.substring(2).trim().split(/\s+/, 2) as List
    }

    private void waitFor(Process process) {
        long until = System.currentTimeMillis() + patienceMs
        while (process.alive && System.currentTimeMillis() < until) {
            Thread.sleep(20)
        }
        if (process.alive) {
            throw new AssertionError((Object) "a shell did not end within ${patienceMs} ms of an abort")
        }
    }

    /** Jenkins ends whatever carries the cookie of the step in its environment: hudson.util.ProcessTree. */
    private void signal(String cookie, String name) {
        List<String> pids = processesOf(cookie)
        if (pids) {
            (['kill', '-' + name] + pids).execute().waitFor()
        }
    }

    private List<String> processesOf(String cookie) {
        return (new File('/proc').list() ?: [] as String[]).findAll { String pid ->
            try {
                return pid.isInteger() && new File("/proc/${pid}/environ").getText('ISO-8859-1').contains(cookie)
            } catch (IOException ignored) {
                return false
            }
        } as List
    }

    private String commandOf(String pid) {
        try {
            return new File("/proc/${pid}/cmdline").getText('UTF-8').replace('\0', ' ').trim()
        } catch (IOException ignored) {
            return pid
        }
    }
}
