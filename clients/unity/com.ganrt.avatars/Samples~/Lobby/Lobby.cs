using GanrtUnity;
using UnityEngine;
using UnityEngine.UI;

/// <summary>200 players. Put it on an empty object of an empty scene; the kit lies in StreamingAssets/kit.</summary>
public sealed class Lobby : MonoBehaviour
{
    public int players = 200;

    void Start()
    {
        var canvas = new GameObject("Canvas", typeof(Canvas), typeof(GridLayoutGroup));
        canvas.GetComponent<Canvas>().renderMode = RenderMode.ScreenSpaceOverlay;
        canvas.GetComponent<GridLayoutGroup>().cellSize = new Vector2(48, 48);
        for (int i = 0; i < players; i++)
        {
            var cell = new GameObject("player-" + i, typeof(RawImage), typeof(AvatarImage));
            cell.transform.SetParent(canvas.transform, false);
            cell.GetComponent<AvatarImage>().Player = cell.name;
        }
    }
}
