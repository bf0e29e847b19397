// Our own declarations of the names of Unity that clients/unity uses, as its documentation states them, with just enough
// behind them to run a scene: objects, components, and what Unity calls of them in a frame. Not Unity, and not shipped.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Reflection;

namespace UnityEngine
{
    public class Object
    {
        internal bool gone;
        public string name { get; set; }
        public static void Destroy(Object it) { Scene.Destroy(it); }
        public static void DontDestroyOnLoad(Object it) { }
        public static implicit operator bool(Object it) { return it != null; }
        public static bool operator ==(Object a, Object b)
        {
            bool none = ReferenceEquals(a, null) || a.gone, other = ReferenceEquals(b, null) || b.gone;
            return none || other ? none == other : ReferenceEquals(a, b);
        }
        public static bool operator !=(Object a, Object b) { return !(a == b); }
        public override bool Equals(object other) { return ReferenceEquals(this, other); }
        public override int GetHashCode() { return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this); }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
        public Transform transform { get { return gameObject.transform; } }
        public T GetComponent<T>() { return gameObject.GetComponent<T>(); }
    }
    public class Transform : Component { public void SetParent(Transform parent, bool worldPositionStays) { } }
    public class Behaviour : Component { public bool enabled = true; public bool isActiveAndEnabled { get { return enabled && gameObject != null; } } }
    public class MonoBehaviour : Behaviour { }

    public sealed class GameObject : Object
    {
        internal readonly List<Component> components = new List<Component>();
        public Transform transform { get; private set; }
        public GameObject(string name, params Type[] kinds)
        {
            this.name = name;
            transform = (Transform)Add(typeof(Transform));
            foreach (Type kind in kinds)
                Add(kind);
        }
        public T AddComponent<T>() where T : Component { return (T)Add(typeof(T)); }
        public T GetComponent<T>() { foreach (Component c in components) if (c is T) return (T)(object)c; return default(T); }
        Component Add(Type kind)
        {
            var made = (Component)Activator.CreateInstance(kind);
            made.gameObject = this;
            made.name = name;
            components.Add(made);
            Scene.Added(made);
            return made;
        }
    }

    public class Texture : Object { public TextureWrapMode wrapMode { get; set; } }
    public enum TextureFormat { RGBA32 = 4 }
    public enum TextureWrapMode { Repeat, Clamp }
    public class Texture2D : Texture
    {
        public static int Alive;
        public readonly int width, height;
        public byte[] Raw;
        public Texture2D(int width, int height, TextureFormat format, bool mipChain)
        {
            if (width < 1 || height < 1 || width > 16384 || height > 16384)
                throw new UnityException("Failed to create texture because of invalid parameters.");
            this.width = width;
            this.height = height;
            Alive++;
        }
        public void LoadRawTextureData(byte[] data)
        {
            if (data.Length != 4 * width * height)
                throw new UnityException("not enough data");
            Raw = (byte[])data.Clone();
        }
        public void Apply(bool updateMipmaps, bool makeNoLongerReadable) { }
    }

    public class UnityException : Exception { public UnityException(string message) : base(message) { } }
    public struct Vector2 { public float x, y; public Vector2(float x, float y) { this.x = x; this.y = y; } }
    public struct Rect
    {
        public readonly float x, y, width, height;
        public Rect(float x, float y, float width, float height) { this.x = x; this.y = y; this.width = width; this.height = height; }
    }
    public enum RenderMode { ScreenSpaceOverlay }
    public class Canvas : Behaviour { public RenderMode renderMode { get; set; } }
    public class YieldInstruction { }
    public class AsyncOperation : YieldInstruction { }
    public static class Application
    {
        public static string streamingAssetsPath { get; set; }
        public static string persistentDataPath { get; set; }
    }
    public static class Debug
    {
        public static readonly List<string> Lines = new List<string>();
        public static void LogError(object message, Object context) { Lines.Add("error: " + message); }
        public static void LogWarning(object message, Object context) { Lines.Add("warning: " + message); }
    }
    [AttributeUsage(AttributeTargets.Class)] public sealed class DisallowMultipleComponent : Attribute { }
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DefaultExecutionOrder : Attribute
    {
        public readonly int order;
        public DefaultExecutionOrder(int order) { this.order = order; }
    }
    [AttributeUsage(AttributeTargets.Class)] public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string path) { } }
    [AttributeUsage(AttributeTargets.Class)] public sealed class RequireComponent : Attribute { public RequireComponent(Type kind) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class RangeAttribute : Attribute { public RangeAttribute(float min, float max) { } }
    [AttributeUsage(AttributeTargets.Field)] public sealed class SerializeField : Attribute { }

    /// <summary>What Unity does by itself. Its messages are found by name, private ones too.</summary>
    public static class Scene
    {
        static readonly List<Component> all = new List<Component>(), fresh = new List<Component>();
        static readonly List<IEnumerator> running = new List<IEnumerator>();
        static readonly List<Object> ending = new List<Object>();

        internal static void Added(Component it)
        {
            all.Add(it);
            fresh.Add(it);
            Send(it, "Awake");
            Send(it, "OnEnable");
        }

        public static void Frame()
        {
            foreach (Component it in fresh.ToArray())
            {
                fresh.Remove(it);
                if (!it.gone && Send(it, "Start") is IEnumerator begun)
                    running.Add(begun);
            }
            foreach (IEnumerator one in running.ToArray())
                if (!one.MoveNext())
                    running.Remove(one);
            foreach (Component it in all.ToArray())
                if (!it.gone)
                    Send(it, "Update");
            Object[] now = ending.ToArray();
            ending.Clear();
            foreach (Object it in now)
                End(it);
        }

        internal static void Destroy(Object it) { ending.Add(it); }

        static void End(Object it)
        {
            if (it.gone)
                return;
            if (it is GameObject whole)
                foreach (Component part in whole.components.ToArray())
                    End(part);
            if (it is Component one)
            {
                Send(one, "OnDisable");
                Send(one, "OnDestroy");
                all.Remove(one);
            }
            if (it is Texture2D)
                Texture2D.Alive--;
            it.gone = true;
        }

        static object Send(Component it, string message)
        {
            MethodInfo method = it.GetType().GetMethod(message, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, Type.EmptyTypes, null);
            return method == null ? null : method.Invoke(it, null);
        }
    }
}

namespace UnityEngine.UI
{
    public class RawImage : Behaviour
    {
        public static int Shown; // how many show something
        Texture shown;
        public Rect uvRect { get; set; }
        public Texture texture
        {
            get { return shown; }
            set
            {
                Shown += (ReferenceEquals(value, null) ? 0 : 1) - (ReferenceEquals(shown, null) ? 0 : 1);
                shown = value;
            }
        }
    }
    public class GridLayoutGroup : Behaviour { public Vector2 cellSize { get; set; } }
}

namespace UnityEngine.Networking
{
    public class DownloadHandler { public byte[] data { get; internal set; } }
    public class UnityWebRequest : IDisposable
    {
        public enum Result { InProgress, Success, ConnectionError, ProtocolError, DataProcessingError }
        string path;
        public Result result { get; private set; }
        public DownloadHandler downloadHandler { get; private set; }
        public static UnityWebRequest Get(string uri) { return new UnityWebRequest { path = new Uri(uri).LocalPath }; }
        public AsyncOperation SendWebRequest()
        {
            result = File.Exists(path) ? Result.Success : Result.ProtocolError;
            downloadHandler = new DownloadHandler { data = File.Exists(path) ? File.ReadAllBytes(path) : null };
            return new AsyncOperation();
        }
        public void Dispose() { }
    }
}
